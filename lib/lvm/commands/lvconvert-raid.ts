import { type Before, operation, type Refusal } from '../operation.ts';
import { bytes, consent, integer, type OptionsOf, type OptionTable } from '../option.ts';
import { nameOf } from '../verify.ts';
import { allocationOptions, loseResilience, present } from './lvconvert-common.ts';
import { type Conversion, conversion } from './lvconvert-conversion.ts';
import { imageCount, refuseTracking } from './lvconvert-images.ts';

const ownTypeOptions = {
  /** Leave to have fewer copies of the data afterwards. */
  loseResilience,
  /**
   * Leave to take another step first where lvm cannot go to the type at once: it may enlarge the volume. The result's
   * `complete` is false then; call it again when the step has finished.
   */
  interim: consent('another step is taken first where there is no direct way'),
} as const satisfies OptionTable;

/** What every conversion to another type takes. */
const typeOptions: typeof allocationOptions & typeof ownTypeOptions = {
  ...allocationOptions,
  ...ownTypeOptions,
};

const regionSize = {
  /** Bytes that are synchronised at once (`--regionsize`). */
  regionSize: bytes('--regionsize'),
} as const satisfies OptionTable;

const stripes = {
  /** Stripes that hold data, without parity (`--stripes`). */
  stripes: integer('--stripes', 1, 64),
  /** Bytes on one device before the next (`--stripesize`). */
  stripeSize: bytes('--stripesize'),
} as const satisfies OptionTable;

const ownRaid1Options = {
  /** Copies of the data besides the first (`--mirrors`); default is 1 for a linear volume, as there are for others. */
  mirrors: integer('--mirrors', 1, 9),
} as const satisfies OptionTable;

const raid1Options: typeof typeOptions & typeof regionSize & typeof ownRaid1Options = {
  ...typeOptions,
  ...regionSize,
  ...ownRaid1Options,
};

const stripedOptions: typeof typeOptions & typeof stripes = { ...typeOptions, ...stripes };
const parityOptions: typeof typeOptions & typeof stripes & typeof regionSize = {
  ...typeOptions,
  ...stripes,
  ...regionSize,
};

/** Options of `lvm.lvconvert.linear`. */
export interface LvconvertLinearOptions extends OptionsOf<typeof typeOptions> {}

/** Options of `lvm.lvconvert.striped`, `raid0` and `raid0Meta`. */
export interface LvconvertStripedOptions extends OptionsOf<typeof stripedOptions> {}

/** Options of `lvm.lvconvert.raid1`. */
export interface LvconvertRaid1Options extends OptionsOf<typeof raid1Options> {}

/** Options of `lvm.lvconvert.raid4`, `raid5`, `raid6`, their other layouts, and `raid10`. */
export interface LvconvertParityOptions extends OptionsOf<typeof parityOptions> {}

/** Makes a mirror or RAID a linear volume: one copy without a mirror. */
export const linear: Conversion<LvconvertLinearOptions> = operation({
  ...conversion('linear'),
  options: typeOptions,
});

/** Makes a RAID without copies of its data: a striped volume. */
export const striped: Conversion<LvconvertStripedOptions> = operation({
  ...conversion('striped'),
  options: stripedOptions,
});

/** Makes a striped volume or RAID a raid0. */
export const raid0: Conversion<LvconvertStripedOptions> = operation({
  ...conversion('raid0'),
  options: stripedOptions,
});

/** Makes a striped volume or RAID a raid0 with metadata. */
export const raid0Meta: Conversion<LvconvertStripedOptions> = operation({
  ...conversion('raid0_meta'),
  options: stripedOptions,
});

/** Makes a linear volume, mirror or RAID a raid1. */
export const raid1: Conversion<LvconvertRaid1Options> = operation({
  ...conversion('raid1'),
  options: raid1Options,
  refuse: refuseRaid1,
});

/** Makes a volume a raid4. */
export const raid4: Conversion<LvconvertParityOptions> = operation({
  ...conversion('raid4'),
  options: parityOptions,
});

/** Makes a volume a raid5 of the usual layout, raid5_ls. */
export const raid5: Conversion<LvconvertParityOptions> = operation({
  ...conversion('raid5'),
  options: parityOptions,
});

/** Makes a volume a raid5 with all parity on one device, on the way from and to raid4, raid0 and striped. */
export const raid5N: Conversion<LvconvertParityOptions> = operation({
  ...conversion('raid5_n'),
  options: parityOptions,
});

/** Makes a volume a raid6 of the usual layout, raid6_zr. */
export const raid6: Conversion<LvconvertParityOptions> = operation({
  ...conversion('raid6'),
  options: parityOptions,
});

/** Makes a volume a raid6 with all parity on two devices, on the way from and to raid5_n and striped. */
export const raid6N6: Conversion<LvconvertParityOptions> = operation({
  ...conversion('raid6_n_6'),
  options: parityOptions,
});

/** Makes a striped volume or raid0 a raid10. */
export const raid10: Conversion<LvconvertParityOptions> = operation({
  ...conversion('raid10'),
  options: parityOptions,
});

// lvm takes no notice of the number then, and says that all is well.
function refuseRaid1(call: Before<OptionsOf<typeof raid1Options>>): Refusal | null {
  const row = present(call);
  const { mirrors } = call.options;
  const count = row === undefined ? 1 : imageCount(call.before, row.fullName);
  if (mirrors === undefined || row?.segtype === 'linear' || row?.segtype === 'raid1' || count === mirrors + 1)
    return refuseTracking(call);
  return {
    reason: 'image-count-invalid',
    message: `${nameOf(call.place)} of type ${row?.segtype} becomes a raid1 of ${count} images; leave mirrors out, and use lvconvert.mirrors then`,
  };
}
