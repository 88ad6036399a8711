import type { DeviceStatus } from '../../device.ts';
import { isRaid } from '../../lvm/commands/lvconvert-images.ts';
import { LvmError } from '../../lvm/errors.ts';
import type { GroupState, LvmState } from '../../lvm/state.ts';
import { Refusal } from '../errors.ts';
import { lookAtGroup, plannedCommand } from '../lvm-step.ts';
import type { Step } from '../step.ts';
import type { Tools } from '../tools.ts';
import type { DamagedMirror } from './degraded.ts';
import { targetsOf, unnoticed } from './degraded-kernel.ts';
import { byVisible, imagesIn, type MirrorImage } from './degraded-parts.ts';
import { short } from './replace-names.ts';
import type { Repair } from './replace-repairs.ts';

/** A volume whose tables are loaded anew, so that the kernel lets go of images that are lost before they are replaced. */
export interface Telling {
  /** The visible volume, `vg/lv`: lvm refreshes no hidden one. */
  readonly volume: string;
  /** What is named to lvm for that: the same, or of a pool that is not active itself, a volume of it that is. */
  readonly refresh: string;
  /** The RAID volumes that it is or stands on, with the images that the kernel has still. */
  readonly raids: readonly { readonly name: string; readonly images: readonly MirrorImage[] }[];
}

/**
 * What the kernel is told before the repairs. An image that it uses while lvm replaces it fails in the middle of that: the
 * superblocks say then that the new image is one that was away for a while, and the kernel copies only what was written
 * lately, and calls it in sync (drivers/md/dm-raid.c, super_validate: saved_raid_disk; seen with Linux 6.1). `letGo`: uuids
 * of the PVs whose label is wiped before. Pure.
 */
export function tellingsOf(
  group: GroupState,
  mirrors: readonly DamagedMirror[],
  repairs: readonly Repair[],
  statuses: readonly DeviceStatus[],
  letGo: ReadonlySet<string>,
): readonly Telling[] {
  const repaired = new Set(repairs.flatMap(({ kind, volume }) => (kind === 'repair' ? [volume] : [])));
  const raids = mirrors.flatMap((mirror) => {
    const images = isRaid(mirror.row.segtype) ? unnoticed(group, mirror, statuses, letGo) : [];
    return images.length > 0 && repaired.has(mirror.row.fullName) ? [{ row: mirror.row, images }] : [];
  });
  return byVisible(group, raids).map(({ volume, refresh, own }) => ({
    ...{ volume, refresh },
    raids: own.map(({ row, images }) => ({ name: row.fullName, images })),
  }));
}

/** The step that tells it. Throws a {@link Refusal} `unsafe` if the kernel uses the images still. */
export function tellStep(tools: Tools, state: LvmState, telling: Telling): Step {
  const { volume, refresh } = telling;
  const command = plannedCommand(state, tools.lvm.lvchange.refresh, refresh, { activationMode: 'partial' });
  return {
    name: `tell:${short(volume)}`,
    title: `Have the kernel let go of what ${volume} has lost, before lvm replaces it`,
    // The first puts errors below the images. The next one writes the superblocks first, and so meets them.
    commands: [command.words, command.words],
    when: 'the kernel has not noticed by then',
    async perform({ signal }) {
      if ((await unaware(tools, telling, signal)) === null) return;
      let cause: unknown;
      for (let round = 0; round < 2; round++)
        await command.run(signal).catch((error: unknown) => {
          // That an image is failed is what it is for, and what lvm thinks of that does not matter if the kernel knows.
          if (signal.aborted || !(error instanceof LvmError)) throw error;
          cause = error;
        });
      const name = await unaware(tools, telling, signal);
      if (name === null) return;
      throw new Refusal(
        'unsafe',
        `the kernel uses images of ${name} still that are lost, and lvm replaces none so that the new one is filled for certain`,
        `Call again when something was written to ${volume}, or to a volume of it: by that the kernel notices.`,
        cause,
      );
    },
  };
}

// A RAID volume of which the kernel does not say, or not yet, that the images are failed; null if there is none.
async function unaware(
  tools: Tools,
  { volume, raids }: Telling,
  signal: AbortSignal,
): Promise<string | null> {
  const { group } = await lookAtGroup(tools, volume.split('/')[0] ?? '', signal);
  const statuses = await tools.dm.status({ signal });
  const found = raids.find(({ name, images }) => {
    const row = group.lvs.find(({ fullName }) => fullName === name);
    if (row === undefined || !targetsOf(row, statuses).some(({ type }) => type === 'raid')) return true;
    const indexes = new Set(images.map(({ index }) => index));
    const lost = imagesIn(group, row).filter(({ index }) => indexes.has(index));
    return unnoticed(group, { row, lost }, statuses).length > 0;
  });
  return found?.name ?? null;
}
