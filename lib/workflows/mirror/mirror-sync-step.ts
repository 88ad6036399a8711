import { volumeOf } from '../../lvm/state.ts';
import type { Remainder } from '../errors.ts';
import type { Step } from '../step.ts';
import { lookAtSync, untilInSync } from '../sync.ts';
import { fillingText } from './filling.ts';
import { mirrorIn } from './mirror-legs.ts';
import type { MirrorRun } from './mirror-steps.ts';

/** The step that waits until all copies are in sync. `begun` is called first. */
export function syncStep(run: MirrorRun, name: string, begun: () => void = () => undefined): Step {
  const { tools, volume } = run;
  return {
    name,
    title: `Wait until all copies of ${volume} are in sync`,
    async perform(context) {
      begun();
      await untilInSync(tools, volume, context);
    },
    left: () => syncLeft(run),
  };
}

async function syncLeft({ tools, workflow, volume, state: before }: MirrorRun): Promise<Remainder | null> {
  const { state, row, found } = await lookAtSync(tools, volume);
  const copies = mirrorIn(state, volume)?.legs.length ?? 1;
  const is = `${volume} is there, a ${row.segtype} of ${copies} copies that can be used`;
  if (found === null) {
    if (volumeOf(before, volume) !== undefined && fillingText(row.tags) === '') return null;
    return {
      state: `${is} and are in sync${fillingText(row.tags)}`,
      next: `Call ${workflow} again, which does what it lacks; if nobody uses it yet, "lvremove ${volume}" takes it back`,
    };
  }
  return {
    state: `${is}; ${found.message}${fillingText(row.tags)}`,
    next:
      found.kind === 'syncing'
        ? `The kernel goes on by itself; ${workflow} called again waits for its end`
        : found.next,
  };
}
