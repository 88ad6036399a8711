import { type After, type Operation, operation } from '../operation.ts';
import { type AtLeastOne, integer, type OptionsOf, type OptionTable, rate } from '../option.ts';
import { toBytes } from '../sizes.ts';
import { volume } from '../subject.ts';
import { createdVolume, nameOf, type VolumeResult } from '../verify.ts';
import { checkVolume, requireSome, unmet } from './lvchange-common.ts';
import { imagesOn, refuseStrangers, writeMostly } from './lvchange-images.ts';

const rates = {
  /** Least speed of a resynchronisation, bytes a second on each device, at least 1 KiB (`--minrecoveryrate`). */
  minRecoveryRate: rate('--minrecoveryrate'),
  /** Greatest speed of a resynchronisation, bytes a second on each device, at least 1 KiB (`--maxrecoveryrate`). */
  maxRecoveryRate: rate('--maxrecoveryrate'),
} as const satisfies OptionTable;

const ownRaid1Options = {
  /**
   * For devices, whether their images are read only if no other can be: `y`, `n`, or `t` for the other of the two
   * (`--writemostly`). Not while it is synchronised, and not for all images.
   */
  writeMostly,
  /** How many writes such an image may be behind; 0: none (`--writebehind`). */
  writeBehind: integer('--writebehind', 0, 2 ** 31 - 1),
} as const satisfies OptionTable;

const raid1Options: typeof rates & typeof ownRaid1Options = { ...rates, ...ownRaid1Options };

/** Options of `lvm.lvchange.raid`. */
export interface LvchangeRaidOptions extends OptionsOf<typeof rates> {}

/** Changes how fast a RAID is synchronised (lvchange(8)). */
export const raid: Operation<string, AtLeastOne<LvchangeRaidOptions>, VolumeResult> = operation({
  command: 'lvchange',
  fixed: [],
  summary: 'Changes how fast a RAID is synchronised.',
  subject: volume,
  options: rates,
  arrange: requireSome(Object.keys(rates)),
  verify: hasRates,
  result: createdVolume,
});

/** Options of `lvm.lvchange.raid1`. */
export interface LvchangeRaid1Options extends OptionsOf<typeof raid1Options> {}

/** Changes what only a raid1 has, and how fast it is synchronised (lvchange(8)). */
export const raid1: Operation<string, AtLeastOne<LvchangeRaid1Options>, VolumeResult> = operation({
  command: 'lvchange',
  fixed: [],
  summary: 'Changes which images of a raid1 are read last, and how fast it is synchronised.',
  subject: volume,
  options: raid1Options,
  arrange: requireSome(Object.keys(raid1Options)),
  refuse: (call) => refuseStrangers(call, Object.keys(call.options.writeMostly ?? {})),
  verify: (call) => hasRates(call) ?? hasRaid1(call),
  result: createdVolume,
});

function hasRates(call: After<OptionsOf<typeof rates>>): string | null {
  return checkVolume<typeof call>((row, { options: { minRecoveryRate, maxRecoveryRate } }) =>
    unmet([
      ['a least rate in KiB/s of', kibibytes(minRecoveryRate), row.raidMinRecoveryRate],
      ['a greatest rate in KiB/s of', kibibytes(maxRecoveryRate), row.raidMaxRecoveryRate],
    ]),
  )(call);
}

function kibibytes(given: number | bigint | string | undefined): number | undefined {
  return given === undefined ? undefined : Number(toBytes('rate', given) / 1024n);
}

function hasRaid1(call: After<OptionsOf<typeof raid1Options>>): string | null {
  const name = nameOf(call.place);
  const { writeMostly: wanted = {}, writeBehind } = call.options;
  for (const [path, mode] of Object.entries(wanted)) {
    const before = new Map(imagesOn(call.before, name, path).map((row) => [row.uuid, isWriteMostly(row)]));
    for (const row of imagesOn(call.after, name, path)) {
      const now = isWriteMostly(row);
      const should = mode === 't' ? !before.get(row.uuid) : mode === 'y';
      if (now !== null && now !== should)
        return `${row.fullName} on ${path} is ${now ? '' : 'not '}write-mostly`;
    }
  }
  return checkVolume<typeof call>((row) =>
    // 0 is shown as none.
    unmet([['write-behind', writeBehind, row.raidWriteBehind ?? 0]]),
  )(call);
}

// A letter of more weight hides it.
function isWriteMostly({
  attributes: { health },
}: {
  readonly attributes: { readonly health: unknown };
}): boolean | null {
  if (health === 'writemostly') return true;
  return health === null ? false : null;
}
