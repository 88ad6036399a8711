import type { VgRow } from '../columns/vg.ts';
import { type After, type Before, type Operation, operation, type Refusal } from '../operation.ts';
import { flag, group, type OptionsOf, type OptionTable } from '../option.ts';
import { devices } from '../subject.ts';
import type { GroupResult } from '../verify.ts';
import { deviceRow } from './pv-rows.ts';

const options = {
  /** The new group's name; a number is added if it is taken. Default is the old name with a number (`--basevgname`). */
  baseVgName: group('--basevgname'),
  /** Whether an exported group is imported (`--import`). */
  import: flag('--import'),
  /** Whether the devices are added to the devices file (`--importdevices`). */
  importDevices: flag('--importdevices'),
} as const satisfies OptionTable;

/** Options of `lvm.vgimportclone`. */
export interface VgimportcloneOptions extends OptionsOf<typeof options> {}

/**
 * Gives copies of a group's devices, such as those of a storage system's snapshot, a group of their own with new uuids
 * (vgimportclone(8)). All devices of the group have to be named.
 */
export const vgimportclone: Operation<string | readonly string[], VgimportcloneOptions, GroupResult> =
  operation({
    command: 'vgimportclone',
    fixed: [],
    summary: "Makes a volume group of its own of copies of a group's devices.",
    subject: devices,
    options,
    writes: 'nothing',
    looks: 'everything',
    refuse: refuseOrphan,
    verify({ place, before, after }: After<OptionsOf<typeof options>>) {
      const made = newGroup({ before, after });
      if (made === null) return 'there is no new group';
      const other = place.devices.find((path) => deviceRow(after, path)?.vgName !== made.name);
      return other === undefined ? null : `${other} is not in ${made.name}`;
    },
    result: (call: After<OptionsOf<typeof options>>) => ({ group: newGroup(call) }),
  });

// lvm2 2.03.16 fails to parse what it makes of it, or dies of SIGSEGV.
function refuseOrphan({ place, before }: Before<OptionsOf<typeof options>>): Refusal | null {
  const orphan = place.devices.find((path) => deviceRow(before, path)?.vgName === null);
  if (orphan === undefined) return null;
  return {
    reason: 'not-in-group',
    message: `${orphan} is in no group, so it is no copy of a group's device`,
  };
}

function newGroup({ before, after }: Pick<After<object>, 'before' | 'after'>): VgRow | null {
  const known = new Set(before.groups.map(({ vg }) => vg.uuid));
  return after.groups.find(({ vg }) => !known.has(vg.uuid))?.vg ?? null;
}
