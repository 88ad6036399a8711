import { imageCount } from '../../lvm/commands/lvconvert-images.ts';
import { lookAtGroup, requireVolumeIn } from '../lvm-step.ts';
import { isReadOnly } from '../system/read-only.ts';
import type { Tools } from '../tools.ts';
import { contentsOf } from './split-copy.ts';
import type { QuietPlan } from './split-quiet.ts';
import type { SplitResult } from './split-types.ts';
import { pathOf } from './tracked-image.ts';

/** What a split for good is about, and how the file system was when it was made. */
export interface SplitAbout {
  readonly volume: string;
  /** `vg/name`. */
  readonly copy: string;
  readonly quiesced: SplitResult['quiesced'];
  readonly state: QuietPlan['state'];
}

/** What was split off, as it is now, and what its user has to know. */
export async function splitResult(
  tools: Tools,
  { volume, copy, quiesced, state: was }: SplitAbout,
): Promise<SplitResult & { readonly notes: readonly string[] }> {
  const { state } = await lookAtGroup(tools, copy.split('/')[0] ?? '');
  const row = requireVolumeIn(state, copy);
  const path = pathOf(row);
  const base = { volume, copy, path, size: row.size, quiesced, copiesLeft: imageCount(state, volume) };
  if (row.active !== true)
    return {
      ...base,
      ...{ readOnly: row.attributes.permissions === 'read-only', filesystem: null, mountOptions: null },
      notes: [`${copy} is not active, so it is not known what is on it.`],
    };
  const readOnly = await isReadOnly(path);
  const { warnings, ...contents } = await contentsOf(path, readOnly ? 'read-only' : 'writable', was);
  return { ...base, ...contents, readOnly, notes: warnings };
}
