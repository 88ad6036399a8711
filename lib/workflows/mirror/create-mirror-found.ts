import type { LvRow } from '../../lvm/columns/lv.ts';
import type { GroupState, LvmState } from '../../lvm/state.ts';
import { Refusal } from '../errors.ts';
import type { Tools } from '../tools.ts';
import type { Prepared } from '../workflow.ts';
import type { NewMirror } from './create-mirror.ts';
import { createTag, settleStep } from './create-mirror-steps.ts';
import { fillingIn } from './filling.ts';
import { growthOf, growthSteps, typeWarnings } from './mirror-grow.ts';
import { mirrorIn } from './mirror-legs.ts';
import type { MirrorRun } from './mirror-steps.ts';

/** A volume that has the name that createMirror was asked for. */
export interface FoundVolume {
  readonly tools: Tools;
  readonly state: LvmState;
  readonly group: GroupState;
  readonly row: LvRow;
  readonly wanted: NewMirror;
  /** Extents that were asked for. */
  readonly extents: number;
}

/**
 * What createMirror does if there is a volume of the name: nothing but wait if it is as asked for, and go on with what an
 * earlier call has left. Rejects with a {@link Refusal}: `foreign` if it is another.
 */
export async function existingMirror(
  found: FoundVolume,
  signal: AbortSignal | undefined,
): Promise<Omit<Prepared<never>, 'result'>> {
  const { tools, state, group, row, wanted, extents } = found;
  const { volume, choices } = wanted;
  const isOurs = row.tags.includes(createTag);
  const other = difference(found, isOurs);
  if (other !== null)
    throw new Refusal(
      'foreign',
      `there is a volume ${volume} already: ${other}`,
      isOurs
        ? `An earlier call has left it, for other options: call it with those, or remove it with "lvremove ${volume}" if it holds nothing.`
        : 'Choose another name; addMirror gives a volume that is there more copies.',
    );
  const { type, wait, regionSize } = choices;
  const movesLog = isOurs && choices.log !== 'core' && mirrorIn(state, volume)?.logDevices.length === 0;
  const growth = await growthOf({ tools, state, group, row, choices, type, movesLog }, signal);
  const { bases, stages, warnings } = growth;
  const run: MirrorRun = { tools, workflow: 'createMirror', volume, type, state, bases, regionSize };
  const settle = isOurs ? settleStep(run) : undefined;
  const steps = growthSteps(run, growth, { wait, settle, tags: fillingIn(row.tags) });
  return {
    subject: volume,
    summary:
      steps.length === 0
        ? `${volume} is there already, a ${type} of ${choices.copies} copies of ${extents} extents.`
        : `Go on with ${volume}, which is to be a ${type} of ${choices.copies} copies of ${extents} extents.`,
    changes: stages.map(({ devices }) => `${volume} gets what it lacks on ${devices.join(', ')}.`),
    warnings: [...warnings, ...(stages.length === 0 ? [] : typeWarnings(type, choices))],
    steps,
  };
}

function difference({ state, group, row, wanted, extents }: FoundVolume, isOurs: boolean): string | null {
  const { type, copies, log } = wanted.choices;
  const there = Number(row.size / group.vg.extentSize);
  if (there !== extents) return `it has ${there} extents, not ${extents}`;
  const mirror = mirrorIn(state, row.fullName);
  if (mirror === null && isOurs && row.segtype === 'linear') return null;
  if (mirror?.type !== type) return `it is of type ${row.segtype}, not ${type}`;
  const legs = mirror.legs.length;
  if (isOurs ? legs > copies : legs !== copies) return `it has ${legs} copies, not ${copies}`;
  if (type === 'raid1') return null;
  const hasLog = mirror.logDevices.length > 0;
  if (log === 'core' && hasLog) return 'its log is on a disk, not in memory';
  return log !== 'core' && !hasLog && !isOurs ? 'its log is in memory, not on a disk' : null;
}
