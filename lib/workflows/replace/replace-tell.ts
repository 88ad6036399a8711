import type { DeviceStatus } from '../../device.ts';
import { isRaid } from '../../lvm/commands/lvconvert-images.ts';
import { LvmError } from '../../lvm/errors.ts';
import type { GroupState, LvmState } from '../../lvm/state.ts';
import { Refusal } from '../errors.ts';
import { lookAtGroup, plannedCommand } from '../lvm-step.ts';
import type { Step } from '../step.ts';
import type { Tools } from '../tools.ts';
import { namesIn } from '../words.ts';
import type { DamagedMirror } from './degraded.ts';
import { unnoticed } from './degraded-kernel.ts';
import { activeOf, imagesIn, type MirrorImage, visibleOf } from './degraded-parts.ts';
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
 * lately, and calls it in sync (drivers/md/dm-raid.c, super_validate: saved_raid_disk; seen with Linux 6.1). Pure.
 */
export function tellingsOf(
  group: GroupState,
  mirrors: readonly DamagedMirror[],
  repairs: readonly Repair[],
  statuses: readonly DeviceStatus[],
): readonly Telling[] {
  const repaired = new Set(repairs.flatMap(({ kind, volume }) => (kind === 'repair' ? [volume] : [])));
  const raids = mirrors.flatMap((mirror) => {
    const images = isRaid(mirror.row.segtype) ? unnoticed(mirror, statuses) : [];
    return images.length > 0 && repaired.has(mirror.row.fullName) ? [{ row: mirror.row, images }] : [];
  });
  return group.lvs.flatMap((row) => {
    const own = raids.filter((one) => visibleOf(group, one.row) === row);
    if (own.length === 0) return [];
    return [
      {
        volume: row.fullName,
        refresh: activeOf(group, row).fullName,
        raids: own.map((one) => ({ name: one.row.fullName, images: one.images })),
      },
    ];
  });
}

/** The step that tells it. Throws a {@link Refusal} `unsafe` if the kernel uses the images still. */
export function tellStep(tools: Tools, state: LvmState, { volume, refresh, raids }: Telling): Step {
  const command = plannedCommand(state, tools.lvm.lvchange.refresh, refresh, { activationMode: 'partial' });
  const images = raids.flatMap((raid) => raid.images.flatMap(({ parts: [data] }) => data?.name ?? []));
  return {
    name: `tell:${short(volume)}`,
    title: `Have the kernel let go of ${namesIn(images)} of ${volume}, before lvm replaces that`,
    // The first puts errors below the images. The next one writes the superblocks first, and so meets them.
    commands: [command.words, command.words],
    async perform({ signal }) {
      for (let round = 0; round < 2; round++)
        await command.run(signal).catch((error: unknown) => {
          // That an image is failed is what it is for.
          if (!(error instanceof LvmError) || error.reason !== 'not-done') throw error;
        });
      const { group } = await lookAtGroup(tools, volume.split('/')[0] ?? '', signal);
      const statuses = await tools.dm.status({ signal });
      for (const { name, images: lost } of raids) {
        const row = group.lvs.find(({ fullName }) => fullName === name);
        const indexes = new Set(lost.map(({ index }) => index));
        const now = row === undefined ? [] : imagesIn(group, row).filter(({ index }) => indexes.has(index));
        if (row !== undefined && unnoticed({ row, lost: now }, statuses).length > 0)
          throw new Refusal(
            'unsafe',
            `the kernel uses images of ${name} still that are lost, and lvm replaces none so that the new one is filled for certain`,
            `Write something to ${volume}, by which the kernel notices, and call again.`,
          );
      }
    },
  };
}
