import { lookAtGroup } from './lvm-step.ts';
import type { SeenPair } from './rollback-checks.ts';
import { inUse, sightOf } from './rollback-kernel.ts';
import type { RollbackRun } from './rollback-steps.ts';
import type { Step } from './step.ts';

/** An origin and the snapshot that it becomes, for those who take it out of use. */
export interface RollbackUse {
  readonly origin: string;
  readonly snapshot: string;
  /** The origin's device node, `/dev/mapper/...`. */
  readonly path: string;
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
   * Mounts them again. Called as soon as the origins read as their snapshots (or are in use as before, where that is put
   * off), and also if it fails after `unmount` was called. In a second run they may be mounted already.
   */
  readonly remount?:
    | ((volumes: readonly RollbackUse[], after: 'rolled-back' | 'failed') => void | Promise<void>)
    | undefined;
}

/** The steps of the callbacks: the first one, and the one when the merges have begun. */
export function callbackSteps(
  run: RollbackRun,
  { unmount, remount }: RollbackCallbacks,
): { readonly before: readonly Step[]; readonly after: readonly Step[] } {
  const { tools, vg, pairs, whenOpen } = run;
  const names = pairs.map(({ origin }) => origin).join(', ');
  const uses = pairs.map(toUse);
  const todo = pairs.filter(({ phase, sight }) => phase !== 'gone' && !sight.merging);
  let isOut = false;
  const out: Step = {
    name: 'unmount',
    title: `Take ${names} out of use`,
    async perform({ signal }) {
      isOut = true;
      await unmount?.(todo.map(toUse), signal);
      // A report, which takes the group's lock, waits for what lvm is at; then who is still there is there to stay.
      await lookAtGroup(tools, vg, signal);
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
        await remount(uses, 'failed');
        return `${names} is in use again`;
      },
    },
  };
  const back: Step = {
    name: 'remount',
    title: `Take ${names} into use again`,
    async perform() {
      isOut = false;
      await remount?.(uses, 'rolled-back');
    },
  };
  return {
    before: unmount === undefined || todo.length === 0 ? [] : [out],
    after: remount === undefined ? [] : [back],
  };
}

function toUse({ origin, snapshot, originRow }: SeenPair): RollbackUse {
  return { origin, snapshot, path: originRow.dmPath ?? `/dev/${origin}` };
}
