import type { LvRow } from '../../lvm/columns/lv.ts';
import { volumeOf } from '../../lvm/state.ts';
import { lookAtGroup, requireVolumeIn } from '../lvm-step.ts';
import { makeReadOnly } from '../system/read-only.ts';
import type { Tools } from '../tools.ts';
import { isSplitOff } from './split-look.ts';
import { copyTag, marksOf } from './split-marks.ts';
import { pathOf } from './tracked-image.ts';

/** What a copy is to be in the end. */
export interface Finish {
  /** Without its group. */
  readonly name: string;
  readonly readOnly: boolean;
  readonly tags: readonly string[];
  /** When the call began; default now. */
  readonly at?: Date | undefined;
}

/** The options of the lvchange(8) that makes a copy what it is to be. */
export function finishOptions(
  { name, uuid }: Pick<LvRow, 'name' | 'uuid'>,
  { readOnly, tags, at = new Date() }: Finish,
) {
  const addTags = [copyTag(name, uuid, at), ...tags];
  return readOnly ? ({ permission: 'r', addTags } as const) : { addTags };
}

/** What of {@link finishOptions} is not done yet, as by a call that was killed in the middle; null if all is. */
export function missingOptions(copy: LvRow, source: Pick<LvRow, 'name' | 'uuid'>, finish: Finish) {
  const wanted = marksOf(copy.tags).copy === null ? finishOptions(source, finish).addTags : finish.tags;
  const addTags = wanted.filter((tag) => !copy.tags.includes(tag));
  const isReadOnly = copy.attributes.permissions === 'read-only';
  if (finish.readOnly && !isReadOnly)
    return addTags.length === 0 ? ({ permission: 'r' } as const) : ({ permission: 'r', addTags } as const);
  return addTags.length === 0 ? null : { addTags };
}

/**
 * Makes a copy that was split off what it is to be, read-only and tagged, and takes the note of its split off the volume.
 * Does only the latter if it was not split off; what is done already stays.
 */
export async function finishSplit(
  tools: Tools,
  volume: string,
  finish: Finish,
  signal: AbortSignal,
): Promise<void> {
  const [vg = ''] = volume.split('/');
  const { state } = await lookAtGroup(tools, vg, signal);
  const row = requireVolumeIn(state, volume);
  const copy = volumeOf(state, `${vg}/${finish.name}`);
  if (isSplitOff(copy, row)) {
    // One that is not active has no device: it becomes read-only in the kernel, too, when it is activated.
    if (finish.readOnly && copy.active === true) await makeReadOnly(pathOf(copy));
    const missing = missingOptions(copy, row, finish);
    if (missing !== null) await tools.lvm.lvchange.change(copy.fullName, { ...missing, signal });
  }
  const { pending } = marksOf(row.tags);
  const ours = pending.filter(({ name }) => name === finish.name).map(({ tag }) => tag);
  if (ours.length > 0) await tools.lvm.lvchange.change(volume, { deleteTags: ours, signal });
}
