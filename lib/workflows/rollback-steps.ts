import type { LvmState } from '../lvm/state.ts';
import type { Remainder } from './errors.ts';
import { lookAtGroup, plannedCommand } from './lvm-step.ts';
import type { SeenPair } from './rollback-checks.ts';
import { overflowed } from './rollback-checks.ts';
import { inUse, sightOf } from './rollback-kernel.ts';
import { noteTag } from './rollback-pairs.ts';
import { begin, type MergeState, requireMerged, stateOf } from './rollback-run.ts';
import { untilMerged } from './rollback-wait.ts';
import type { Step } from './step.ts';
import type { Tools } from './tools.ts';

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
  readonly reached: Map<string, MergeState>;
  /** What is left of the merges, told once however many steps are asked. */
  left(): Promise<Remainder | null>;
}

/** Notes in the group what is begun, so that a second run knows of snapshots that are gone by then. */
export function noteStep({ tools, vg, state, pairs }: RollbackRun): readonly Step[] {
  const fresh = pairs.filter(({ note, phase }) => note === null && phase !== 'gone');
  if (fresh.length === 0) return [];
  const tags = fresh.map(tagOf);
  const command = plannedCommand(state, tools.lvm.vgchange.change, vg, { addTags: tags });
  return [
    {
      name: 'note',
      title: `Note in ${vg} what is begun`,
      commands: [command.words],
      perform: async ({ signal }) => void (await command.run(signal)),
      undo: {
        title: `Take the note in ${vg} back`,
        async perform() {
          const { state: now, group } = await lookAtGroup(tools, vg);
          const unbegun: string[] = [];
          for (const pair of fresh)
            if ((await stateOf(tools, pair, now)).now === 'present') unbegun.push(tagOf(pair));
          const deleteTags = unbegun.filter((tag) => group.vg.tags.includes(tag));
          if (deleteTags.length === 0) return null;
          await tools.lvm.vgchange.change(vg, { deleteTags });
          return `The note in ${vg} was taken back`;
        },
      },
    },
  ];
}

/** Activates inactive origins: the kernel tells then whether their snapshots are good. */
export function activateSteps({ tools, vg, state, pairs }: RollbackRun): readonly Step[] {
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
          if ((await stateOf(tools, pair, now)).now !== 'present') return null;
          await tools.lvm.lvchange.deactivate(origin);
          return `${origin} was deactivated again`;
        },
      },
    };
  });
}

/** Has lvm merge them. Those that are in use by then it puts off. */
export function mergeStep(run: RollbackRun): readonly Step[] {
  const { tools, state } = run;
  const todo = run.pairs.filter(({ phase }) => phase === 'present');
  if (todo.length === 0) return [];
  const { mergeThin, mergeSnapshot } = tools.lvm.lvconvert;
  const commands = todo.map(({ isThin, snapshot }) =>
    plannedCommand(state, isThin ? mergeThin : mergeSnapshot, snapshot, {}),
  );
  return [
    {
      name: 'merge',
      title: `Merge ${todo.map(({ snapshot, origin }) => `${snapshot} into ${origin}`).join(', ')}`,
      commands: commands.map(({ words }) => words),
      async perform({ signal }) {
        for (const pair of todo) {
          if (run.deferred.includes(pair)) continue;
          const { users } = await sightOf(tools, pair, signal);
          if (users.length > 0 && run.whenOpen === 'refuse') throw inUse(pair, users);
        }
        for (const command of commands) await command.run(signal);
      },
      left: run.left,
    },
  ];
}

/** Brings those under way that lvm has put off. */
export function beginStep(run: RollbackRun): readonly Step[] {
  const { tools, state, reached, whenOpen } = run;
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
          reached.set(pair.snapshot, await begin(tools, pair, whenOpen, command.run, context));
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
        await requireMerged(tools, going, context.signal);
        for (const { snapshot } of going) reached.set(snapshot, 'merged');
      },
      left: run.left,
    },
  ];
}

/** Deactivates origins that were not active before, and takes the notes back of what is merged. */
export function finishSteps(run: RollbackRun): readonly Step[] {
  const { tools, vg, state, pairs, deferred, reached } = run;
  const ended = pairs.filter((pair) => pair.phase === 'gone' || (run.wait && !deferred.includes(pair)));
  if (ended.length === 0) return [];
  const isMerged = ({ snapshot }: SeenPair): boolean => reached.get(snapshot) === 'merged';
  const back = ended.filter(wasInactive).map(({ originRow, origin, ...rest }): Step => {
    const command = plannedCommand(state, tools.lvm.lvchange.deactivate, origin, {});
    const pair = { originRow, origin, ...rest };
    return {
      name: `deactivate-${originRow.name}`,
      title: `Deactivate ${origin}, as it was before`,
      when: 'it is merged, and nobody uses it',
      commands: [command.words],
      async perform({ signal, warn }) {
        if (!isMerged(pair)) return;
        const { users } = await sightOf(tools, pair, signal);
        if (users.length > 0) warn(`${origin} stays active: ${users.join('; ')}`);
        else await command.run(signal);
      },
    };
  });
  const command = plannedCommand(state, tools.lvm.vgchange.change, vg, { deleteTags: ended.map(tagOf) });
  const finish: Step = {
    name: 'finish',
    title: `Take the note in ${vg} back`,
    commands: [command.words],
    async perform({ signal }) {
      const over = ended.filter(isMerged);
      if (over.length === ended.length) await command.run(signal);
      else if (over.length > 0) await tools.lvm.vgchange.change(vg, { deleteTags: over.map(tagOf), signal });
    },
    left: async () => ({
      state: `${vg} has the tag ${ended.map(tagOf).join(', ')}, by which a second run knows of the first`,
      next: 'Call rollback again: it takes it back.',
    }),
  };
  return [...back, finish];
}

function needsActivation({ phase, isThin, originRow }: SeenPair): boolean {
  // A thin snapshot takes the place of an inactive origin at once, unless that was put off before.
  return phase !== 'gone' && originRow.active === false && (!isThin || phase === 'scheduled');
}

function wasInactive(pair: SeenPair): boolean {
  return pair.note?.wasInactive ?? needsActivation(pair);
}

function tagOf(pair: SeenPair): string {
  const { snapshot, originRow } = pair;
  const note = { snapshot: snapshot.split('/')[1] ?? '', origin: originRow.name };
  return noteTag(pair.note ?? { ...note, wasInactive: wasInactive(pair) });
}
