import {
  type After,
  type Before,
  type Operation,
  operation,
  type Question,
  type Refusal,
  type Waits,
} from '../operation.ts';
import { bytes, consent, integer, type OptionsOf, type OptionTable, required, word } from '../option.ts';
import { volume } from '../subject.ts';
import { isOfType, namedVolume, nameOf } from '../verify.ts';
import {
  allocationOptions,
  answered,
  asked,
  type ConversionResult,
  conversionResult,
  loseResilience,
  present,
  refuseOther,
} from './lvconvert-common.ts';
import { imageCount, refuseTracking } from './lvconvert-images.ts';

const log = {
  /**
   * Where the mirror remembers what is in sync (`--mirrorlog`): on a disk, or in memory, so that all is copied anew at
   * each activation.
   */
  mirrorLog: word('--mirrorlog', ['core', 'disk']),
} as const satisfies OptionTable;

const fullResync = consent('all is copied anew at the next activation');

const ownMirrorOptions = {
  /** Copies of the data besides the first, 1 to 7 (`--mirrors`): 1 gives two images. */
  mirrors: required(integer('--mirrors', 1, 7)),
  /** Bytes that are synchronised at once (`--regionsize`); not for a volume that is a mirror already. */
  regionSize: bytes('--regionsize'),
  /** Devices that each new image is striped over (`--stripes`). */
  stripes: integer('--stripes', 1, 128),
  /** Bytes on one of these before the next (`--stripesize`). */
  stripeSize: bytes('--stripesize'),
  /** Leave to have fewer copies of the data afterwards. */
  loseResilience,
  /** Leave to put the log of an inactive mirror into memory, so that all is copied anew. */
  fullResync,
} as const satisfies OptionTable;

const mirrorOptions: typeof log & typeof ownMirrorOptions & typeof allocationOptions = {
  ...log,
  ...ownMirrorOptions,
  ...allocationOptions,
};

/** Options of `lvm.lvconvert.mirror`. */
export interface LvconvertMirrorOptions extends OptionsOf<typeof mirrorOptions> {}

/** Makes a linear or striped volume, a raid1 of as many images, or a mirror into a mirror of type `mirror`. */
export const mirror: Operation<string, LvconvertMirrorOptions, ConversionResult> & Waits<'mirror'> =
  operation({
    command: 'lvconvert',
    fixed: ['--type', 'mirror', '--background'],
    summary: 'Makes a volume a mirror (dm-mirror) of so many images.',
    subject: volume,
    options: mirrorOptions,
    waits: 'mirror',
    refuse: (call) => refuseTracking(call) ?? refuseOtherCount(call),
    asks: (call) => [...asksFewer(call), ...asksOlderType(call), ...asksResync(call)],
    verify: (call) => isOfType('mirror')(call) ?? verifyCount(call) ?? verifyLog(call),
    result: conversionResult,
  });

const ownMirrorsOptions = {
  /** Copies of the data besides the first (`--mirrors`): 1 gives two images, 0 a volume without a mirror. */
  mirrors: required(integer('--mirrors', 0, 9)),
  /** Leave to have fewer copies of the data afterwards. */
  loseResilience,
} as const satisfies OptionTable;

const mirrorsOptions: typeof ownMirrorsOptions & typeof allocationOptions = {
  ...ownMirrorsOptions,
  ...allocationOptions,
};

/** Options of `lvm.lvconvert.mirrors`. */
export interface LvconvertMirrorsOptions extends OptionsOf<typeof mirrorsOptions> {}

/** Adds images to a mirror or raid1, or takes some away; `devices` says where the new ones go or which ones go. */
export const mirrors: Operation<string, LvconvertMirrorsOptions, ConversionResult> & Waits<'mirror'> =
  operation({
    command: 'lvconvert',
    fixed: ['--background'],
    summary: 'Changes how many images a mirror or raid1 has.',
    subject: volume,
    options: mirrorsOptions,
    waits: 'mirror',
    // Without a type lvm would decide what a linear volume becomes (global/mirror_segtype_default).
    refuse: (call) =>
      refuseTracking(call) ??
      (call.options.mirrors === 0
        ? null
        : refuseOther(call, ['mirror', 'raid1'], 'use lvconvert.raid1 or lvconvert.mirror')),
    asks: (call) => [...asksFewer(call), ...asksMore(call)],
    verify: verifyCount,
    result: conversionResult,
  });

const ownLogOptions = {
  /** Where the mirror is to remember what is in sync (`--mirrorlog`): on a disk, or in memory. */
  mirrorLog: required(log.mirrorLog),
  /** Leave to put the log of an inactive mirror into memory, so that all is copied anew. */
  fullResync,
} as const satisfies OptionTable;

const logOptions: typeof ownLogOptions & typeof allocationOptions = {
  ...ownLogOptions,
  ...allocationOptions,
};

/** Options of `lvm.lvconvert.mirrorLog`. */
export interface LvconvertMirrorLogOptions extends OptionsOf<typeof logOptions> {}

/** Moves the log of a mirror to a disk or into memory. */
export const mirrorLog: Operation<string, LvconvertMirrorLogOptions, ConversionResult> = operation({
  command: 'lvconvert',
  fixed: [],
  summary: 'Changes where a mirror (dm-mirror) keeps its log.',
  subject: volume,
  options: logOptions,
  asks: asksResync,
  verify: verifyLog,
  result: conversionResult,
});

function refuseOtherCount(call: Before<OptionsOf<typeof mirrorOptions>>): Refusal | null {
  const volume = present(call);
  if (volume?.segtype !== 'raid1') return null;
  const count = imageCount(call.before, volume.fullName);
  // lvm takes no notice of the number then, and says that all is well.
  if (count === call.options.mirrors + 1) return null;
  return {
    reason: 'image-count-invalid',
    message: `${volume.fullName} is a raid1 of ${count} images and becomes a mirror of as many; set mirrors to ${count - 1}, and use lvconvert.mirrors then`,
  };
}

// lvm asks this of raid1 only, but one image less is one less for a mirror, too.
function asksFewer(call: Before<OptionsOf<typeof mirrorsOptions>>): readonly Question[] {
  const name = nameOf(call.place);
  const count = imageCount(call.before, name);
  const wanted = call.options.mirrors + 1;
  if (wanted >= count) return [];
  const what = `${name} has ${count} images and would have ${wanted}`;
  return [asked('loseResilience', call.options.loseResilience, what)];
}

function asksMore(call: Before<OptionsOf<typeof mirrorsOptions>>): readonly Question[] {
  return present(call)?.segtype === 'raid1' ? [answered('change the number of images?')] : [];
}

function asksOlderType(call: Before<object>): readonly Question[] {
  return present(call)?.segtype === 'raid1' ? [answered('convert back to the older mirror type?')] : [];
}

function asksResync(
  call: Before<{ mirrorLog?: string | undefined; fullResync?: boolean | undefined }>,
): readonly Question[] {
  const volume = present(call);
  const { mirrorLog: wanted, fullResync: granted } = call.options;
  if (wanted !== 'core' || volume === undefined || volume.active === true || volume.mirrorLog === null)
    return [];
  const what = `${volume.fullName} is inactive: with its log in memory all is copied anew when it is activated`;
  return [asked('fullResync', granted, what)];
}

function verifyCount({ place, options, after }: After<{ mirrors: number }>): string | null {
  const name = nameOf(place);
  if (namedVolume(place, after) === undefined) return `there is no volume ${name}`;
  const count = imageCount(after, name);
  return count === options.mirrors + 1 ? null : `${name} has ${count} images`;
}

function verifyLog({
  place,
  options,
  after,
}: After<{ mirrorLog?: 'core' | 'disk' | undefined }>): string | null {
  const row = namedVolume(place, after);
  // While images are being added, the log is that of the hidden mirror below.
  if (options.mirrorLog === undefined || row === undefined || row.converting === true) return null;
  const found = row.mirrorLog === null ? 'core' : 'disk';
  return found === options.mirrorLog ? null : `the log of ${nameOf(place)} is of type ${found}`;
}
