import type { LvRow } from '../../lvm/columns/lv.ts';
import { LvmError } from '../../lvm/errors.ts';
import type { GroupState, LvmState } from '../../lvm/state.ts';
import { plannedCommand } from '../lvm-step.ts';
import type { Step } from '../step.ts';
import type { Tools } from '../tools.ts';
import { byVisible, errorSegment, imagesIn } from './degraded-parts.ts';
import type { StaleRaid } from './replace-find.ts';
import { short } from './replace-names.ts';
import { refreshTag } from './replace-note.ts';

/** A volume whose tables are loaded anew, so that a RAID takes back a leg that the kernel has let go. */
export interface Refresh {
  /** The visible volume, `vg/lv`: lvm refreshes and tags no hidden one, such as the data of a thin pool. */
  readonly volume: string;
  /** What is named to lvm for that: the same, or of a pool that is not active itself, a volume of it that is. */
  readonly refresh: string;
  /** The RAID volumes, `vg/lv`, that it is or stands on, with such a leg. */
  readonly raids: readonly string[];
  /** The tags that it has until they are in sync, one for each PV of those legs. */
  readonly tags: readonly string[];
}

/** What is refreshed, each visible volume once. RAID volumes in `repairing`, `vg/lv`, are not refreshed for. Pure. */
export function refreshesOf(
  group: GroupState,
  found: readonly StaleRaid[],
  repairing: ReadonlySet<string>,
): readonly Refresh[] {
  const stale = found.filter(({ row }) => !repairing.has(row.fullName) && !hasErrors(group, row));
  return byVisible(group, stale).map(({ volume, refresh, own }) => {
    const raids = new Set(own.map((one) => one.row.fullName));
    const pvs = new Set(own.flatMap((one) => one.pvs));
    return { volume, refresh, raids: [...raids], tags: [...pvs].map(refreshTag) };
  });
}

/** The step that does that, and tags the volume. */
export function refreshStep(
  { lvm }: Tools,
  state: LvmState,
  { volume, refresh: active, tags }: Refresh,
): Step {
  const refresh = plannedCommand(state, lvm.lvchange.refresh, active, {});
  const tag = plannedCommand(state, lvm.lvchange.change, volume, { addTags: tags });
  return {
    name: `refresh:${short(volume)}`,
    title: `Have ${volume} use its leg again that is back`,
    commands: [refresh.words, tag.words],
    // The tag comes after it, as what was killed before has not tried it, and also if the leg has died again at once.
    async perform({ signal }) {
      try {
        await refresh.run(signal);
      } catch (error) {
        if (error instanceof LvmError && error.reason === 'not-done') await tag.run(signal);
        throw error;
      }
      await tag.run(signal);
    },
  };
}

function hasErrors(group: GroupState, row: LvRow): boolean {
  return imagesIn(group, row).some(({ parts }) => parts.some((part) => errorSegment(group, part)));
}
