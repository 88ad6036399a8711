import { requireFile } from '../names.ts';
import { type After, type Before, type Operation, operation, type Question } from '../operation.ts';
import {
  bytes,
  consent,
  type OptionsOf,
  type OptionTable,
  option,
  type Together,
  uuid,
  yesNo,
} from '../option.ts';
import { devices, type Place } from '../subject.ts';
import { asksToTake, foreignGroup } from './pv-foreign.ts';
import { asksToWipeDevice, deviceWiping, newDeviceOptions } from './pv-options.ts';
import { bareUuid, type DevicesFound, deviceRow, devicesFound, isResolvable } from './pv-rows.ts';

const ownOptions = {
  /** Whether its metadata areas are left unused (`--metadataignore`). */
  metadataIgnore: yesNo('--metadataignore'),
  /** Bytes kept for a boot loader before the data area (`--bootloaderareasize`); not with `restoreFile`. */
  bootloaderAreaSize: bytes('--bootloaderareasize'),
  /** Bytes that the physical volume is to have, with `allowOtherSize` (`--setphysicalvolumesize`). */
  size: bytes('--setphysicalvolumesize'),
  /** Leave to make it of another size than its device, of which a larger one loses data. */
  allowOtherSize: consent('the physical volume has another size than its device'),
  /** The uuid it is to have, with `restoreFile`; for one device (`--uuid`). */
  uuid: uuid('--uuid'),
  /**
   * The file of vgcfgbackup(8) that has this uuid, so that the data area begins where it did (`--restorefile`); `false`
   * to do without (`--norestorefile`).
   */
  restoreFile: option<string | false>('--restorefile', 'the path of a file, or false', (value, key) =>
    value === false ? ['--norestorefile'] : ['--restorefile', requireFile(key, value)],
  ),
  /**
   * Leave to take the devices away from the group they are in, whose data is lost: its name, or null if lvm does not
   * know which it is (`--force --force`).
   */
  allowForeignGroup: foreignGroup,
} as const satisfies OptionTable;

const options: typeof newDeviceOptions & typeof deviceWiping & typeof ownOptions = {
  ...newDeviceOptions,
  ...deviceWiping,
  ...ownOptions,
};

/** Options of `lvm.pvcreate`. */
export interface PvcreateOptions extends OptionsOf<typeof options> {}

/** Makes devices physical volumes, as pvcreate(8) does. What was on them is lost. */
export const pvcreate: Operation<
  string | readonly string[],
  Together<PvcreateOptions, 'uuid' | 'restoreFile'>,
  DevicesFound
> = operation({
  command: 'pvcreate',
  fixed: [],
  summary: 'Makes devices physical volumes.',
  subject: devices,
  options,
  looks: 'everything',
  arrange: requireTogether,
  asks,
  verify,
  result: devicesFound,
});

type Options = OptionsOf<typeof options>;

function requireTogether(place: Place, given: Options): Place {
  const fail = (message: string): TypeError =>
    Object.assign(new TypeError(message), { code: 'ERR_INVALID_ARG_VALUE' });
  if ((given.uuid === undefined) !== (given.restoreFile === undefined))
    throw fail('"uuid" and "restoreFile" must be given together; restoreFile may be false');
  if (given.uuid !== undefined && place.devices.length !== 1)
    throw fail('"uuid" must be given for one device, not for several');
  if (typeof given.restoreFile === 'string' && given.bootloaderAreaSize !== undefined)
    throw fail('"bootloaderAreaSize" must be left out with "restoreFile"');
  return place;
}

function asks({ place, options: given, before }: Before<Options>): readonly Question[] {
  const resized: Question = {
    consent: 'allowOtherSize',
    granted: given.allowOtherSize === true,
    certain: true,
    text: 'lvm asks before it makes a physical volume of another size than its device; set allowOtherSize to true',
  };
  return [
    ...asksToTake(place, given.allowForeignGroup, before, 'made anew'),
    ...(given.size === undefined ? [] : [resized]),
    asksToWipeDevice(given),
  ];
}

function verify({ place, options: given, before, after }: After<Options>): string | null {
  for (const path of place.devices) {
    const row = deviceRow(after, path);
    const old = deviceRow(before, path);
    if (row === undefined) {
      // A path of another mount namespace (a prefix such as nsenter) cannot be told from here.
      if (isResolvable(after, path)) return `${path} is no physical volume`;
    } else if (
      given.uuid === undefined ? row.uuid === old?.uuid : bareUuid(row.uuid) !== bareUuid(given.uuid)
    )
      return `${path} has the uuid ${row.uuid}`;
  }
  return null;
}
