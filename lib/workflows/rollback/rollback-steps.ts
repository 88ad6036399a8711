import { LvmError } from '../../lvm/errors.ts';
import type { LvmState } from '../../lvm/state.ts';
import type { Remainder } from '../errors.ts';
import { lookAtGroup, plannedCommand } from '../lvm-step.ts';
import type { Step } from '../step.ts';
import type { Tools } from '../tools.ts';
import type { SeenPair } from './rollback-checks.ts';
import { overflowed } from './rollback-checks.ts';
import { inUse, sightOf } from './rollback-kernel.ts';
import { needsActivation } from './rollback-note-steps.ts';
import { begin, type Reached, requireMerged, requireThere, stateOf } from './rollback-run.ts';
import { untilMerged } from './rollback-wait.ts';

/** A rollback that can be done, and what is known of it. */
export interface RollbackRun {
  readonly tools: Tools;
  readonly vg: string;
  readonly state: LvmState;
  readonly pairs: readonly SeenPair[];
  /** Those that nothing brings under way now, as they are in use. */
  readonly deferred: readonly SeenPair[];
  readonly whenOpen: 'refuse' | 'defer';
  readonly wait: boolean;
  /** How far each is, by snapshot: written by the steps. */
  readonly reached: Reached;
  /** What is left of the merges, told once however many steps are asked. */
  left(): Promise<Remainder | null>;
}

/** Activates inactive origins: the kernel tells then whether their snapshots are good. */
export function activateSteps({ tools, vg, state, pairs, reached }: RollbackRun): readonly Step[] {
  return pairs.filter(needsActivation).map((pair): Step => {
    const { origin, originRow } = pair;
    const command = plannedCommand(state, tools.lvm.lvchange.activate, origin, {
      ...(originRow.skipActivation === true ? { ignoreActivationSkip: true } : {}),
    });
    return {
      name: `activate-${originRow.name}`,
      title: `Activate ${origin}`,
      commands: [command.words],
      async perform({ signal }) {
        await command.run(signal);
        const sight = await sightOf(tools, pair, signal);
        if (sight.invalid) throw overflowed({ ...pair, sight });
      },
      undo: {
        title: `Deactivate ${origin} if no merge has begun`,
        async perform() {
          const { state: now } = await lookAtGroup(tools, vg);
          const { now: is } = await stateOf(tools, pair, now, reached);
          if (is !== 'present' && is !== 'vanished') return null;
          await tools.lvm.lvchange.deactivate(origin);
          return `${origin} was deactivated again`;
        },
      },
    };
  });
}

/** Has lvm merge them. Those that are in use by then it puts off. */
export function mergeStep(run: RollbackRun): readonly Step[] {
  const { tools, vg, state, reached } = run;
  const todo = run.pairs.filter(({ phase }) => phase === 'present');
  if (todo.length === 0) return [];
  const { mergeThin, mergeSnapshot } = tools.lvm.lvconvert;
  const planned = todo.map(({ isThin, snapshot }) => ({
    snapshot,
    command: plannedCommand(state, isThin ? mergeThin : mergeSnapshot, snapshot, {}),
  }));
  return [
    {
      name: 'merge',
      title: `Merge ${todo.map(({ snapshot, origin }) => `${snapshot} into ${origin}`).join(', ')}`,
      commands: planned.map(({ command }) => command.words),
      async perform({ signal }) {
        await requireThere(tools, vg, todo, signal);
        for (const pair of todo) {
          if (run.deferred.includes(pair)) continue;
          const { users } = await sightOf(tools, pair, signal);
          if (users.length > 0 && run.whenOpen === 'refuse') throw inUse(pair, users);
        }
        for (const { snapshot, command } of planned) {
          // Also if we do not see its end.
          reached.set(snapshot, 'scheduled');
          await command.run(signal).catch((error: unknown) => {
            if (error instanceof LvmError && error.reason === 'not-found') reached.set(snapshot, 'present');
            throw error;
          });
        }
      },
      left: run.left,
    },
  ];
}

/** Brings those under way that lvm has put off. */
export function beginStep(run: RollbackRun): readonly Step[] {
  const { tools, state, reached } = run;
  const todo = run.pairs.filter(({ phase, sight }) => phase !== 'gone' && !sight.merging);
  if (todo.length === 0) return [];
  const planned = todo.map((pair) => ({
    pair,
    command: plannedCommand(state, tools.lvm.lvchange.refresh, pair.origin, {}),
  }));
  return [
    {
      name: 'begin',
      title: 'See that the merges have begun',
      when: 'lvm has put a merge off, and nobody uses its volumes',
      commands: planned.map(({ command }) => command.words),
      async perform({ signal, warn }) {
        for (const { pair, command } of planned) {
          // What the plan has told already is not told twice.
          const context = { signal, warn: run.deferred.includes(pair) ? () => {} : warn };
          reached.set(pair.snapshot, await begin(tools, pair, run, command.run, context));
        }
      },
      left: run.left,
    },
  ];
}

/** Waits until the merges have ended. */
export function waitStep(run: RollbackRun): readonly Step[] {
  const { tools, pairs, deferred, reached } = run;
  const expected = pairs.filter((pair) => pair.phase !== 'gone' && !deferred.includes(pair));
  if (!run.wait || expected.length === 0) return [];
  return [
    {
      name: 'wait',
      title: 'Wait until the kernel has merged all, and lvm has removed the snapshots',
      async perform(context) {
        const going = pairs.filter(({ snapshot }) => reached.get(snapshot) === 'merging');
        await untilMerged(
          tools,
          going.map(({ origin }) => origin),
          context,
        );
        await requireMerged(tools, going, reached, context.signal);
        for (const { snapshot } of going) reached.set(snapshot, 'merged');
      },
      left: run.left,
    },
  ];
}
