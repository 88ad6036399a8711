import { type After, type Operation, operation } from '../operation.ts';
import {
  devices,
  group as groupOption,
  integer,
  type OptionsOf,
  type OptionTable,
  operand,
  required,
  yesNo,
} from '../option.ts';
import { type GroupState, groupOf } from '../state.ts';
import { group, volume } from '../subject.ts';
import { groupAlloc, groupMetadataCopies, metadataOptions } from './pv-options.ts';
import { missingDevice } from './vg-devices.ts';

/** The two groups after a split. */
export interface VgsplitResult {
  /** What is left of the group; null if all of it has moved, or it was only tested. */
  readonly group: GroupState['vg'] | null;
  /** The group that the devices are in now; null if it was only tested. */
  readonly to: GroupState['vg'] | null;
}

const ownCommon = {
  /** How extents are chosen in the new group (`--alloc`). */
  alloc: groupAlloc,
  /** Most volumes that the new group may have; 0: any number (`--maxlogicalvolumes`). */
  maxLogicalVolumes: integer('--maxlogicalvolumes', 0, 0xffff_ffff),
  /** Most devices that the new group may have; 0: any number (`--maxphysicalvolumes`). */
  maxPhysicalVolumes: integer('--maxphysicalvolumes', 0, 0xffff_ffff),
  /** How many copies of its metadata the new group keeps (`--vgmetadatacopies`). */
  vgMetadataCopies: groupMetadataCopies,
  /** Whether spares for the metadata of pools are kept (`--poolmetadataspare`); default yes. */
  poolMetadataSpare: yesNo('--poolmetadataspare'),
  /** The group to move to, which is made if there is none of that name; options for a new group are refused if there is. */
  to: required(operand(groupOption(''))),
} as const satisfies OptionTable;

const common: typeof metadataOptions & typeof ownCommon = { ...metadataOptions, ...ownCommon };

const ownDeviceOptions = {
  /** The devices to move, with all volumes on them, which must be inactive and on no others. */
  devices: required(devices()),
} as const satisfies OptionTable;

const deviceOptions: typeof common & typeof ownDeviceOptions = { ...common, ...ownDeviceOptions };

/** Options of `lvm.vgsplit.devices`. */
export interface VgsplitDevicesOptions extends OptionsOf<typeof deviceOptions> {}

const byDevices: Operation<string, VgsplitDevicesOptions, VgsplitResult> = operation({
  command: 'vgsplit',
  fixed: [],
  summary: 'Moves devices, and the volumes on them, into another volume group.',
  subject: group,
  options: deviceOptions,
  writes: 'text',
  looks: 'everything',
  verify({ options: { to, devices: paths }, after }: After<OptionsOf<typeof deviceOptions>>) {
    const found = groupOf(after, to);
    return found === undefined ? `there is no group ${to}` : missingDevice(after, found, paths);
  },
  result,
});

/** Options of `lvm.vgsplit.volume`. */
export interface VgsplitVolumeOptions extends OptionsOf<typeof common> {}

const byVolume: Operation<string, VgsplitVolumeOptions, VgsplitResult> = operation({
  command: 'vgsplit',
  fixed: [],
  summary: 'Moves a volume, and the devices it is on, into another volume group.',
  subject: volume,
  options: common,
  writes: 'text',
  looks: 'everything',
  arrange: (place) => ({
    ...place,
    flags: ['--name', ...place.volumes.map(({ lv }) => lv)],
    operands: place.groups,
  }),
  verify({ place, options: { to }, after }: After<OptionsOf<typeof common>>) {
    const [moved] = place.volumes;
    return groupOf(after, to)?.lvs.some(({ name }) => name === moved?.lv) === true
      ? null
      : `there is no volume ${to}/${moved?.lv}`;
  },
  result,
});

/** vgsplit(8), one operation a form. */
export const vgsplit = {
  /** Moves devices, and the volumes on them, into another volume group. */
  devices: byDevices,
  /** Moves a volume, and the devices it is on, into another volume group. */
  volume: byVolume,
} as const;

function result({ place, options: { to }, after }: After<OptionsOf<typeof common>>): VgsplitResult {
  return { group: groupOf(after, place.groups[0] ?? '')?.vg ?? null, to: groupOf(after, to)?.vg ?? null };
}
