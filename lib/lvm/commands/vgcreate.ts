import { type After, type Operation, operation } from '../operation.ts';
import {
  bytes,
  devices,
  integer,
  type OptionsOf,
  type OptionTable,
  required,
  tags,
  word,
  yesNo,
} from '../option.ts';
import { toSectorBytes } from '../sizes.ts';
import { groupOf } from '../state.ts';
import { group } from '../subject.ts';
import { type GroupResult, groupResult } from '../verify.ts';
import { profileName } from './common-options.ts';
import {
  asksToWipeDevice,
  deviceWiping,
  groupAlloc,
  groupMetadataCopies,
  metadataOptions,
  newDeviceOptions,
} from './pv-options.ts';
import { hasTags } from './tag-check.ts';
import { missingDevice } from './vg-devices.ts';
import { systemIdOption } from './vg-options.ts';

const ownOptions = {
  /** Its devices; those that are no physical volumes yet become some. */
  devices: required(devices()),
  /** Bytes of an extent, a power of 2 or a multiple of 128 KiB; default 4 MiB (`--physicalextentsize`). */
  extentSize: bytes('--physicalextentsize'),
  /** Most volumes it may have; 0, the default: any number (`--maxlogicalvolumes`). */
  maxLogicalVolumes: integer('--maxlogicalvolumes', 0, 0xffff_ffff),
  /** Most devices it may have; 0, the default: any number (`--maxphysicalvolumes`). */
  maxPhysicalVolumes: integer('--maxphysicalvolumes', 0, 0xffff_ffff),
  /** How extents are chosen; default `normal` (`--alloc`). */
  alloc: groupAlloc,
  /** How many copies of its metadata are kept (`--vgmetadatacopies`). */
  vgMetadataCopies: groupMetadataCopies,
  /** Tags of the group (`--addtag`). */
  tags: tags('--addtag'),
  /** Whether its volumes are activated at boot and by other automatisms (`--setautoactivation`). */
  autoactivation: yesNo('--setautoactivation'),
  /** The host that owns it; default is this one's (`--systemid`). */
  systemId: systemIdOption,
  /** How lvmlockd locks it (`--locktype`). */
  lockType: word('--locktype', ['none', 'sanlock', 'dlm', 'idm']),
  /** Name of a metadata profile below /etc/lvm/profile (`--metadataprofile`). */
  metadataProfile: profileName,
} as const satisfies OptionTable;

const options: typeof newDeviceOptions & typeof deviceWiping & typeof metadataOptions & typeof ownOptions = {
  ...newDeviceOptions,
  ...deviceWiping,
  ...metadataOptions,
  ...ownOptions,
};

/** Options of `lvm.vgcreate`. */
export interface VgcreateOptions extends OptionsOf<typeof options> {}

/** Makes a volume group of devices, as vgcreate(8) does. */
export const vgcreate: Operation<string, VgcreateOptions, GroupResult> = operation({
  command: 'vgcreate',
  fixed: [],
  summary: 'Makes a volume group of devices.',
  subject: group,
  options,
  looks: 'everything',
  asks: ({ options: given }) => [asksToWipeDevice(given)],
  verify,
  result: groupResult,
});

function verify({ place, options: given, after }: After<OptionsOf<typeof options>>): string | null {
  const [name = ''] = place.groups;
  const found = groupOf(after, name);
  // A group that another host owns is not told of.
  if (found === undefined) return given.systemId === undefined ? `there is no group ${name}` : null;
  const { vg } = found;
  if (given.extentSize !== undefined && vg.extentSize !== toSectorBytes('extentSize', given.extentSize))
    return `${name} has extents of ${vg.extentSize} bytes`;
  return missingDevice(after, found, given.devices) ?? hasTags(vg.tags, given.tags);
}
