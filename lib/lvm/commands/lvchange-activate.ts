import {
  type After,
  type Before,
  type Operation,
  operation,
  type Question,
  type Refusal,
} from '../operation.ts';
import { consent, flag, type OptionsOf, type OptionTable, word, yesNo } from '../option.ts';
import { groupOf } from '../state.ts';
import { volume } from '../subject.ts';
import { createdVolume, namedVolume, nameOf, type VolumeResult } from '../verify.ts';
import { checkVolume } from './lvchange-common.ts';

const deactivateOptions = {
  /** Leave to change, for a snapshot, its origin with all its snapshots: one does not go without the other. */
  withOrigin: consent('the origin and all its other snapshots change with the snapshot'),
} as const satisfies OptionTable;

const refreshOptions = {
  /** Which volumes with missing devices are activated; default `degraded` (`--activationmode`). */
  activationMode: word('--activationmode', ['complete', 'degraded', 'partial']),
  /** Whether dmeventd watches it; default is lvm.conf's `activation/monitoring` (`--monitor`). */
  monitor: yesNo('--monitor'),
  /** Whether a process stays that looks after an unfinished pvmove, conversion or merge; default yes (`--poll`). */
  poll: yesNo('--poll'),
} as const satisfies OptionTable;

const activateOptions = {
  /** Also activates a volume that activation passes over, as thin snapshots are made (`--ignoreactivationskip`). */
  ignoreActivationSkip: flag('--ignoreactivationskip'),
  /** Leave to activate a part of a volume, such as `lv_rimage_0`, which then is read-only and blocks the whole. */
  activateComponent: consent('a part of a volume is activated, read-only, instead of the whole'),
} as const satisfies OptionTable;

/** Options of `lvm.lvchange.activate` and the other ways to activate a volume. */
export interface LvchangeActivateOptions
  extends OptionsOf<typeof activateOptions & typeof refreshOptions & typeof deactivateOptions> {}

const activation = (
  mode: 'y' | 'ay' | 'ey' | 'sy',
  summary: string,
): Operation<string, LvchangeActivateOptions, VolumeResult> =>
  operation({
    command: 'lvchange',
    fixed: ['--activate', mode],
    summary,
    subject: volume,
    options: { ...activateOptions, ...refreshOptions, ...deactivateOptions },
    asks: (call) => [...asksForOrigin(call), ...asksForComponent(call)],
    verify: mode === 'ay' ? isActiveIfAllowed : isActive,
    result: createdVolume,
  });

/** Makes the volume's device (lvchange(8), `--activate y`). */
export const activate = activation('y', 'Activates a volume.');

/** The same, only if its and the group's autoactivation, and lvm.conf, have it activated at boot; else nothing. */
export const autoactivate = activation('ay', 'Activates a volume if it is one that is activated at boot.');

/** The same on this host only, of a shared group (lvmlockd(8)). */
export const activateExclusively = activation('ey', 'Activates a volume on this host only.');

/** The same while other hosts may do so, too, of a shared group (lvmlockd(8)). */
export const activateShared = activation('sy', 'Activates a volume that other hosts may activate, too.');

/** Options of `lvm.lvchange.deactivate`. */
export interface LvchangeDeactivateOptions extends OptionsOf<typeof deactivateOptions> {}

/** Removes the volume's device; what it is made of goes, too, unless others use it, as thin volumes use their pool. */
export const deactivate: Operation<string, LvchangeDeactivateOptions, VolumeResult> = operation({
  command: 'lvchange',
  fixed: ['--activate', 'n'],
  summary: 'Deactivates a volume.',
  subject: volume,
  options: deactivateOptions,
  asks: asksForOrigin,
  verify: checkVolume((row) => {
    if (row.active === false && row.kernelMinor === null) return null;
    return row.active === null ? 'may be active: lvm cannot ask the kernel' : 'is active still';
  }),
  result: createdVolume,
});

/** Options of `lvm.lvchange.refresh`. */
export interface LvchangeRefreshOptions extends OptionsOf<typeof refreshOptions> {}

/**
 * Loads the volume's table anew from the metadata, as after a failed device came back or to begin a delayed merge. No
 * report says what table a device has; checked is what does: suspended, an unused table, a RAID that needs it still.
 */
export const refresh: Operation<string, LvchangeRefreshOptions, VolumeResult> = operation({
  command: 'lvchange',
  fixed: ['--refresh'],
  summary: 'Loads the table of an active volume anew.',
  subject: volume,
  options: refreshOptions,
  refuse: ({ place, before }): Refusal | null =>
    namedVolume(place, before)?.active === false
      ? { reason: 'not-active', message: `${nameOf(place)} is inactive and has no table to load anew` }
      : null,
  verify: checkVolume((row) => {
    if (row.active !== true) return 'is not active';
    if (row.suspended === true) return 'is suspended';
    if (row.inactiveTable === true) return 'has a table that was not taken into use';
    return row.attributes.health === 'refresh-needed' ? 'needs a refresh still' : null;
  }),
  result: createdVolume,
});

// tools/lvchange.c, _lvchange_activate_single; a sparse volume's origin is a hidden part of it.
function asksForOrigin({
  place,
  options,
  before,
}: Before<{ readonly withOrigin?: boolean | undefined }>): readonly Question[] {
  const row = namedVolume(place, before);
  if (row?.role.includes('thicksnapshot') !== true || row.origin?.endsWith('_vorigin') === true) return [];
  return [
    {
      consent: 'withOrigin',
      granted: options.withOrigin === true,
      certain: true,
      text: `${nameOf(place)} is a snapshot, so its origin ${row.vgName}/${row.origin} with all its snapshots changes with it; name the origin instead, or set withOrigin to true`,
    },
  ];
}

function asksForComponent({ place, options }: Before<LvchangeActivateOptions>): readonly Question[] {
  if (!componentName.test(place.volumes[0]?.lv ?? '')) return [];
  return [
    {
      consent: 'activateComponent',
      granted: options.activateComponent === true,
      certain: true,
      text: `${nameOf(place)} is a part of another volume; activate that one, or set activateComponent to true`,
    },
  ];
}

// lib/misc/lvm-string.c, _lvname_has_reserved_component_string.
const componentName =
  /_(?:c(?:data|meta|orig|pool|vol)|wcorig|mimage|mlog|rimage|rmeta|tdata|tmeta|vdata|imeta|iorig)/;

function isActive(call: After<LvchangeActivateOptions>): string | null {
  return checkVolume<typeof call>((row, { options }) => {
    if (row.active === true) return null;
    if (row.active === null) return 'may be inactive: lvm cannot ask the kernel';
    if (row.skipActivation === true && options.ignoreActivationSkip !== true)
      return 'is inactive, because activation passes over it; set ignoreActivationSkip to true, or lvchange.change its activationSkip';
    return 'is inactive; see activation/volume_list and auto_activation_volume_list in lvm.conf, which may leave it out';
  })(call);
}

function isActiveIfAllowed(call: After<LvchangeActivateOptions>): string | null {
  const row = namedVolume(call.place, call.after);
  const passedOver = row?.skipActivation === true && call.options.ignoreActivationSkip !== true;
  const group = groupOf(call.after, row?.vgName ?? '')?.vg;
  const forbidden = row?.autoactivation === false || group?.autoactivation === false;
  return passedOver || forbidden ? null : isActive(call);
}
