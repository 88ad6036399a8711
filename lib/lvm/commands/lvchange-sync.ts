import { type After, type Operation, operation, type Waits } from '../operation.ts';
import { consent, eachDevice, type OptionsOf, type OptionTable, required, word } from '../option.ts';
import { groupOf } from '../state.ts';
import { volume } from '../subject.ts';
import { createdVolume, namedVolume, nameOf, type VolumeResult } from '../verify.ts';
import { asksToDeactivate, checkVolume } from './lvchange-common.ts';
import { refuseStrangers } from './lvchange-images.ts';

const syncActionOptions = {
  /** `check` counts what differs, `repair` writes it anew from the first image or the parity (`--syncaction`). */
  action: required(word('--syncaction', ['check', 'repair'])),
} as const satisfies OptionTable;

/** Options of `lvm.lvchange.syncAction`. */
export interface LvchangeSyncActionOptions extends OptionsOf<typeof syncActionOptions> {}

/** Has a RAID compare its images in the background; `raidMismatchCount` then tells what differs, in sectors. */
export const syncAction: Operation<string, LvchangeSyncActionOptions, VolumeResult> & Waits<'scrub'> =
  operation({
    command: 'lvchange',
    fixed: [],
    summary: 'Has a RAID compare its images, and repair what differs.',
    subject: volume,
    waits: 'scrub',
    options: syncActionOptions,
    // A small one is done before it can be seen at it.
    verify: checkVolume((row, { options: { action } }) =>
      row.raidSyncAction === action || row.raidSyncAction === 'idle'
        ? null
        : `does not ${action}: its action is ${row.raidSyncAction ?? 'unknown'}`,
    ),
    result: createdVolume,
  });

const rebuildOptions = {
  /** The devices whose images are written anew (`--rebuild`). */
  devices: required(eachDevice('--rebuild')),
} as const satisfies OptionTable;

/** Options of `lvm.lvchange.rebuild`. */
export interface LvchangeRebuildOptions extends OptionsOf<typeof rebuildOptions> {}

/** Writes the images on some devices anew from the others, in the background; what is on them is not trusted. */
export const rebuild: Operation<string, LvchangeRebuildOptions, VolumeResult> & Waits<'raid'> = operation({
  command: 'lvchange',
  fixed: [],
  summary: 'Writes the images of a RAID on some devices anew.',
  subject: volume,
  waits: 'raid',
  options: rebuildOptions,
  refuse: (call) => refuseStrangers(call, call.options.devices),
  // What lvm asks is whether to do what it was told to do.
  asks: () => [{ consent: 'devices', granted: true, certain: true, text: 'lvm asks whether to rebuild' }],
  verify: isCommitted,
  result: createdVolume,
});

const resyncOptions = {
  /** Leave to deactivate the volume for a moment; it must not be open. */
  allowDeactivation: consent('the volume is deactivated for a moment'),
} as const satisfies OptionTable;

/** Options of `lvm.lvchange.resync`. */
export interface LvchangeResyncOptions extends OptionsOf<typeof resyncOptions> {}

/**
 * Has a mirror or RAID copy its first image to all others, or compute its parity, as when it was made, in the
 * background. If it is active, lvm deactivates it for a moment. lvm also takes its activation skip away, if it has one.
 */
export const resync: Operation<string, LvchangeResyncOptions, VolumeResult> & Waits<'raid'> = operation({
  command: 'lvchange',
  fixed: ['--resync'],
  summary: 'Has a mirror or RAID synchronise all its images anew.',
  subject: volume,
  waits: 'raid',
  options: resyncOptions,
  asks: asksToDeactivate,
  verify: checkVolume((row, call) => {
    const was = namedVolume(call.place, call.before);
    if (row.active !== was?.active) return 'was not activated again';
    const { volumeType } = row.attributes;
    if (volumeType === 'raid-without-initial-sync' || volumeType === 'mirrored-without-initial-sync')
      return 'is marked as never synchronised';
    // Without a log on disk there is nothing in the metadata that tells.
    return row.mirrorLog === null && volumeType === 'mirrored' ? null : isCommitted(call);
  }),
  result: createdVolume,
});

function isCommitted({
  place,
  before,
  after,
}: Pick<After<object>, 'place' | 'before' | 'after'>): string | null {
  const [group = ''] = place.groups;
  const was = groupOf(before, group)?.vg.seqno;
  const is = groupOf(after, group)?.vg.seqno;
  return was === undefined || is === undefined || is > was
    ? null
    : `the metadata of ${nameOf(place)} are as before`;
}
