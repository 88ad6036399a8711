import { type Before, type NoOptions, type Operation, operation, type Refusal } from '../operation.ts';
import { consent, integer, type OptionsOf, type OptionTable, required, yesNo } from '../option.ts';
import { groupOf } from '../state.ts';
import { volume } from '../subject.ts';
import { createdVolume, nameOf, type VolumeResult } from '../verify.ts';
import { asksToDeactivate, checkVolume, unmet } from './lvchange-common.ts';

const persistentOptions = {
  /** The minor number, which no other device has (`--minor`). */
  minor: required(integer('--minor', 0, 1_048_575)),
  /** The major number; Linux since 2.6 takes that of device-mapper whatever is given, and lvm warns (`--major`). */
  major: integer('--major', 0, 4095),
  /** Leave to deactivate the volume for a moment; it must not be open. */
  allowDeactivation: consent('the volume is deactivated for a moment'),
} as const satisfies OptionTable;

/** Options of `lvm.lvchange.persistent`. */
export interface LvchangePersistentOptions extends OptionsOf<typeof persistentOptions> {}

/**
 * Gives the volume's device a fixed minor number. If it is active, lvm deactivates it for a moment; if another device
 * than one of the group has the number, lvm fails with the volume left inactive.
 */
export const persistent: Operation<string, LvchangePersistentOptions, VolumeResult> = operation({
  command: 'lvchange',
  fixed: ['--persistent', 'y'],
  summary: 'Gives the device of a volume a fixed number.',
  subject: volume,
  options: persistentOptions,
  refuse: refuseTaken,
  asks: asksToDeactivate,
  verify: checkVolume((row, { options }) =>
    unmet([
      ['a fixed minor number', true, row.fixedMinor],
      ['the minor number', options.minor, row.minor],
      ['in the kernel the minor number', row.active === true ? options.minor : undefined, row.kernelMinor],
    ]),
  ),
  result: createdVolume,
});

/** Leaves the number of the volume's device to the kernel again, from its next activation on. */
export const notPersistent: Operation<string, NoOptions, VolumeResult> = operation({
  command: 'lvchange',
  fixed: ['--persistent', 'n'],
  summary: 'Leaves the number of the device of a volume to the kernel.',
  subject: volume,
  options: {},
  satisfiedBy: ['unchanged'],
  verify: checkVolume((row) => unmet([['a fixed minor number', false, row.fixedMinor]])),
  result: createdVolume,
});

const monitorOptions = {
  /** Whether it is watched (`--monitor`). */
  monitor: required(yesNo('--monitor')),
} as const satisfies OptionTable;

/** Options of `lvm.lvchange.monitor`. */
export interface LvchangeMonitorOptions extends OptionsOf<typeof monitorOptions> {}

/** Has dmeventd watch an active mirror, RAID, snapshot or pool, and act by lvm.conf, or has it stop (`--monitor`). */
export const monitor: Operation<string, LvchangeMonitorOptions, VolumeResult> = operation({
  command: 'lvchange',
  fixed: [],
  summary: 'Has dmeventd watch a volume, or stop.',
  subject: volume,
  options: monitorOptions,
  // With activation/monitoring=0 lvm does nothing, says so to nobody, and reports nothing.
  verify: checkVolume((_row, { options }, segment) => {
    const state = segment?.monitor ?? null;
    if (options.monitor)
      return state === 'monitored' ? null : `is ${state ?? 'nothing that can be monitored as lvm is set up'}`;
    return state === 'monitored' ? 'is monitored still' : null;
  }),
  result: createdVolume,
});

/**
 * Has a process in the background finish what the kernel has done of a pvmove, conversion or merge (`--poll y`). It ends
 * after this call does, so that its work is in no result.
 */
export const poll: Operation<string, NoOptions, VolumeResult> = operation({
  command: 'lvchange',
  fixed: ['--poll', 'y'],
  summary: 'Has an unfinished move, conversion or merge looked after.',
  subject: volume,
  options: {},
  verify: checkVolume((row) => (row.active === false ? 'is inactive' : null)),
  result: createdVolume,
});

function refuseTaken({ place, options, before }: Before<{ readonly minor: number }>): Refusal | null {
  const other = groupOf(before, place.groups[0] ?? '')?.lvs.find(
    ({ name, minor, kernelMinor }) =>
      name !== place.volumes[0]?.lv && (minor === options.minor || kernelMinor === options.minor),
  );
  if (other === undefined) return null;
  const message = `${nameOf(place)} cannot get the minor number ${options.minor}, which ${other.fullName} has`;
  return { reason: 'exists', message };
}
