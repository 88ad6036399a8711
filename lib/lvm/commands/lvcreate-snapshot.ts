import { type Before, type Operation, operation, type Refusal } from '../operation.ts';
import { bytes, type OptionsOf, type OptionTable, required, sibling, size } from '../option.ts';
import { volumeOf } from '../state.ts';
import { newVolume } from '../subject.ts';
import { createdVolume, type VolumeResult } from '../verify.ts';
import {
  activationOptions,
  allocationOptions,
  describingOptions,
  deviceOptions,
  stripingOptions,
} from './lvcreate-common.ts';
import { newSize, powerOfTwo } from './lvcreate-options.ts';
import {
  type Asked,
  type Check,
  hasOrigin,
  hasVirtualSize,
  isActiveAsAsked,
  isMade,
} from './lvcreate-verify.ts';

const ownStoreOptions = {
  /** Bytes that are copied at once, a power of two from 4 KiB to 512 KiB (`--chunksize`); default 4 KiB. */
  chunkSize: powerOfTwo('--chunksize', 4096n, 524_288n),
} as const satisfies OptionTable;

const storeOptions: typeof ownStoreOptions &
  typeof allocationOptions &
  typeof deviceOptions &
  typeof describingOptions = {
  ...ownStoreOptions,
  ...allocationOptions,
  ...deviceOptions,
  ...describingOptions,
};

const snapshotOptions = {
  /** What to take it of: a volume that is no snapshot itself. It is active just if this one is. */
  origin: required(sibling()),
  /**
   * Size of the COW store: lvm cuts it to what can be used at most, and says so in the notes. With
   * `{ percent: 100, of: 'ORIGIN' }` it cannot overflow (`--size`, `--extents`).
   */
  size: required(size()),
  /** Whether ordinary activation passes over it, though not that of its origin (`--setactivationskip`); default no. */
  activationSkip: activationOptions.activationSkip,
  /** Whether dmeventd watches its fill (`--monitor`). */
  monitor: activationOptions.monitor,
} as const satisfies OptionTable;

/** Options of `lvm.lvcreate.snapshot`. */
export interface LvcreateSnapshotOptions
  extends OptionsOf<typeof snapshotOptions & typeof storeOptions & typeof stripingOptions> {}

/** A snapshot with a store of its own for what was overwritten (copy on write). The origin's file system is frozen meanwhile by lvm itself. */
export const snapshot: Operation<string, LvcreateSnapshotOptions, VolumeResult> = operation({
  command: 'lvcreate',
  fixed: ['--type', 'snapshot'],
  summary:
    'Makes a snapshot with a COW store of its own, which becomes invalid when that is full. A file system that is frozen already (fsfreeze) makes it fail half-done.',
  subject: newVolume,
  options: { ...snapshotOptions, ...storeOptions, ...stripingOptions },
  arrange: (place, { origin }) => ({ ...place, operands: place.groups.map((vg) => `${vg}/${origin}`) }),
  refuse: refuseOrigin,
  verify: isMade<Asked & { readonly origin: string }>(
    // The type of a snapshot's own segments is that of its COW store.
    ['linear', 'striped'],
    hasOrigin(({ origin }) => origin),
    isActiveWithOrigin,
  ),
  result: createdVolume,
});

const sparseSnapshotOptions = {
  /** Size of the store for what is written (`--size`, `--extents`). */
  size: required(newSize()),
  /** Size that it seems to have, in bytes, rounded up to whole extents (`--virtualsize`). */
  virtualSize: required(bytes('--virtualsize')),
} as const satisfies OptionTable;

/** Options of `lvm.lvcreate.sparseSnapshot`. */
export interface LvcreateSparseSnapshotOptions
  extends OptionsOf<typeof sparseSnapshotOptions & typeof storeOptions & typeof activationOptions> {}

/** A volume that seems large and takes space only for what is written: a snapshot of nothing but zeroes. */
export const sparseSnapshot: Operation<string, LvcreateSparseSnapshotOptions, VolumeResult> = operation({
  command: 'lvcreate',
  fixed: ['--type', 'snapshot'],
  summary:
    'Makes a volume of zeroes that takes space for what is written only; it becomes invalid when its store is full.',
  subject: newVolume,
  options: { ...sparseSnapshotOptions, ...storeOptions, ...activationOptions },
  // lvs has the size of the store as its size.
  verify: isMade<Asked & { readonly virtualSize: unknown }>(
    ['linear'],
    isActiveAsAsked,
    ({ volume, ...made }) =>
      hasVirtualSize<Asked & { readonly virtualSize: unknown }>(({ virtualSize }) => virtualSize)({
        ...made,
        volume: { ...volume, size: volume.originSize ?? 0n },
      }),
  ),
  result: createdVolume,
});

function refuseOrigin({ place, options, before }: Before<{ readonly origin: string }>): Refusal | null {
  const name = `${place.groups[0]}/${options.origin}`;
  const origin = volumeOf(before, name);
  if (origin === undefined)
    return { reason: 'not-found', message: `there is no volume ${name} to take a snapshot of` };
  const { volumeType, targetType } = origin.attributes;
  if (volumeType !== 'snapshot' && volumeType !== 'merging-snapshot') return null;
  return targetType === 'snapshot'
    ? {
        reason: 'unsupported',
        message: `${name} is a snapshot itself: take one of its origin ${origin.origin}, or use thin volumes, whose snapshots can have snapshots`,
      }
    : null;
}

function isActiveWithOrigin({
  name,
  volume,
  options,
  after,
}: Parameters<Check<{ readonly origin: string }>>[0]) {
  const origin = volumeOf(after, `${volume.vgName}/${options.origin}`);
  if (volume.active === null || origin?.active !== true || volume.active) return null;
  return `${name} is not active although its origin is`;
}
