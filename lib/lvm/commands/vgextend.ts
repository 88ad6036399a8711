import {
  type After,
  type Before,
  type Operation,
  operation,
  type Question,
  type Refusal,
} from '../operation.ts';
import { devices, flag, type OptionsOf, type OptionTable, required, yesNo } from '../option.ts';
import { groupOf } from '../state.ts';
import { group } from '../subject.ts';
import { type GroupResult, groupResult } from '../verify.ts';
import {
  asksToWipeDevice,
  copiesConsent,
  deviceWiping,
  metadataOptions,
  newDeviceOptions,
} from './pv-options.ts';
import { deviceRow } from './pv-rows.ts';
import { missingDevice } from './vg-devices.ts';

const ownOptions = {
  /** The devices to add; those that are no physical volumes yet become some. */
  devices: required(devices()),
  /** Whether their metadata areas are left unused (`--metadataignore`). */
  metadataIgnore: yesNo('--metadataignore'),
  /** Leave to change how many copies of its metadata the group is to keep, which `metadataIgnore` may do. */
  allowOtherCopies: copiesConsent,
  /** Whether they are devices of the group that were missing, and are taken back as they are (`--restoremissing`). */
  restoreMissing: flag('--restoremissing'),
} as const satisfies OptionTable;

const options: typeof newDeviceOptions & typeof deviceWiping & typeof metadataOptions & typeof ownOptions = {
  ...newDeviceOptions,
  ...deviceWiping,
  ...metadataOptions,
  ...ownOptions,
};

type Options = OptionsOf<typeof options>;

/** Options of `lvm.vgextend`. */
export interface VgextendOptions extends OptionsOf<typeof options> {}

/** Adds devices to a volume group, or takes missing ones back (vgextend(8)). */
export const vgextend: Operation<string, VgextendOptions, GroupResult> = operation({
  command: 'vgextend',
  fixed: [],
  summary: 'Adds devices to a volume group, or takes missing ones back.',
  subject: group,
  options,
  looks: 'everything',
  refuse,
  asks,
  satisfiedBy: ['unchanged'],
  verify,
  result: groupResult,
});

// vgextend makes physical volumes of the devices before it finds any of these, and leaves them so.
function refuse({ place, options: given, before }: Before<Options>): Refusal | null {
  const [name = ''] = place.groups;
  const vg = groupOf(before, name)?.vg;
  if (vg === undefined)
    return { reason: 'not-found', message: `there is no volume group ${name}; see vgs for those there are` };
  if (given.restoreMissing === true) return null;
  if (vg.exported === true) return { reason: 'exported', message: `${name} is exported; vgimport it first` };
  if (vg.extendable === false)
    return { reason: 'not-resizeable', message: `${name} is not resizeable; vgchange it first` };
  if (vg.maxPv > 0 && vg.pvCount + given.devices.length > vg.maxPv)
    return {
      reason: 'limit-reached',
      message: `${name} has ${vg.pvCount} of ${vg.maxPv} physical volumes; raise maxPhysicalVolumes with vgchange first`,
    };
  return null;
}

// tools/vgextend.c.
function asks({ place, options: given, before }: Before<Options>): readonly Question[] {
  if (given.restoreMissing === true) return [];
  const vg = groupOf(before, place.groups[0] ?? '')?.vg;
  const managed = given.metadataIgnore !== undefined && vg !== undefined && vg.mdaCopies !== 'unmanaged';
  const copies: Question = {
    consent: 'allowOtherCopies',
    granted: given.allowOtherCopies === true,
    certain: true,
    text: `${vg?.name} is to keep ${vg?.mdaCopies} copies of its metadata, which this may change; set allowOtherCopies to true, or vgchange its vgMetadataCopies first`,
  };
  return [...(managed ? [copies] : []), asksToWipeDevice(given)];
}

function verify({ place, options: given, after }: After<Options>): string | null {
  const [name = ''] = place.groups;
  const found = groupOf(after, name);
  if (found === undefined) return `there is no group ${name}`;
  const missing = given.devices.find((path) => deviceRow(after, path)?.missing === true);
  return missing === undefined
    ? missingDevice(after, found, given.devices)
    : `${missing} counts as missing still`;
}
