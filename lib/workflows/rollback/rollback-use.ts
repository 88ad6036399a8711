import { awaitCallback } from '../callback-wait.ts';
import { lookAtGroup } from '../lvm-step.ts';
import type { Step } from '../step.ts';
import type { SeenPair } from './rollback-checks.ts';
import { inUse, sightOf } from './rollback-kernel.ts';
import { type MergeState, requireThere, stateOf } from './rollback-run.ts';
import type { RollbackRun } from './rollback-steps.ts';

/** An origin and the snapshot that it becomes, for those who take it out of use. */
export interface RollbackUse {
  readonly origin: string;
  readonly snapshot: string;
  /** The origin's device node, `/dev/mapper/...`. */
  readonly path: string;
}

/** An origin that can be used again, and what it holds. */
export interface RemountUse extends RollbackUse {
  /**
   * `rolled-back`: what the snapshot held. `deferred`: what it held before, but lvm merges the snapshot at its next
   * activation, and what is written until then is lost. `failed`: what it held before, and it will stay so.
   */
  readonly after: 'rolled-back' | 'deferred' | 'failed';
}

/** How the origins are taken out of use, and into use again. */
export interface RollbackCallbacks {
  /**
   * Stops what uses the volumes and unmounts them. Called before anything is begun, whether or not they are in use, unless
   * the kernel merges already.
   */
  readonly unmount?:
    | ((volumes: readonly RollbackUse[], signal: AbortSignal) => void | Promise<void>)
    | undefined;
  /**
   * Mounts them again. Called as soon as the origins read as their snapshots, or it is put off (see `after` of each), and
   * also if it fails after `unmount` was called. In a second run they may be mounted already.
   */
  readonly remount?: ((volumes: readonly RemountUse[]) => void | Promise<void>) | undefined;
}

/** The steps of the callbacks: the first one, and the one when the merges have begun. */
export function callbackSteps(
  run: RollbackRun,
  { unmount, remount }: RollbackCallbacks,
): { readonly before: readonly Step[]; readonly after: readonly Step[] } {
  const { tools, vg, pairs, whenOpen, reached } = run;
  const names = pairs.map(({ origin }) => origin).join(', ');
  const todo = pairs.filter(({ phase, sight }) => phase !== 'gone' && !sight.merging);
  let isOut = false;
  const out: Step = {
    name: 'unmount',
    title: `Take ${names} out of use`,
    async perform({ signal, progress }) {
      isOut = true;
      await awaitCallback('unmount', { signal, progress }, () => unmount?.(todo.map(toUse), signal));
      // A report, which takes the group's lock, waits for what lvm is at; then who is still there is there to stay.
      await requireThere(tools, vg, todo, signal);
      for (const pair of todo) {
        const { users } = await sightOf(tools, pair, signal);
        if (users.length > 0 && whenOpen === 'refuse') throw inUse(pair, users);
      }
    },
    undo: {
      title: `Take ${names} into use again`,
      async perform() {
        if (!isOut || remount === undefined) return null;
        isOut = false;
        await remount(await Promise.all(pairs.map((pair) => asItIs(run, pair))));
        return `${names} is in use again`;
      },
    },
  };
  const back: Step = {
    name: 'remount',
    title: `Take ${names} into use again`,
    async perform(context) {
      isOut = false;
      const uses = pairs.map((pair) => toRemount(pair, reached.get(pair.snapshot)));
      await awaitCallback('remount', context, () => remount?.(uses));
    },
  };
  return {
    before: unmount === undefined || todo.length === 0 ? [] : [out],
    after: remount === undefined ? [] : [back],
  };
}

// In any case they have to be used again, even if lvm or the kernel cannot be asked.
async function asItIs({ tools, reached }: RollbackRun, pair: SeenPair): Promise<RemountUse> {
  try {
    const { state } = await lookAtGroup(tools, pair.originRow.vgName);
    return toRemount(pair, (await stateOf(tools, pair, state, reached)).now);
  } catch {
    return toRemount(pair, undefined);
  }
}

function toRemount(pair: SeenPair, now: MergeState | undefined): RemountUse {
  const isBack = now === 'merging' || now === 'merged';
  return { ...toUse(pair), after: isBack ? 'rolled-back' : now === 'scheduled' ? 'deferred' : 'failed' };
}

function toUse({ origin, snapshot, originRow }: SeenPair): RollbackUse {
  return { origin, snapshot, path: originRow.dmPath ?? `/dev/${origin}` };
}
