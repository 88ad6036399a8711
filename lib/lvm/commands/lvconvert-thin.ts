import { type After, type Before, type Operation, operation, type Refusal } from '../operation.ts';
import { newVolumeName, type OptionsOf, type OptionTable, required, volumeName } from '../option.ts';
import { volumeOf } from '../state.ts';
import { volume } from '../subject.ts';
import { createdVolume, isOfType, type VolumeResult } from '../verify.ts';
import { present, siblings } from './lvconvert-common.ts';

const options = {
  /** The thin pool that takes what is written from now on (`--thinpool`). */
  thinPool: required(volumeName('--thinpool')),
  /** Name that what is there now gets: it stays, read-only, as external origin (`--originname`). */
  originName: required(newVolumeName('--originname')),
} as const satisfies OptionTable;

/** Options of `lvm.lvconvert.thin`. */
export interface LvconvertThinOptions extends OptionsOf<typeof options> {}

/** Makes a volume a thin one, whose unchanged parts are read from what it was (lvmthin(7), external origin). */
export const thin: Operation<string, LvconvertThinOptions, ExternalOriginResult> = operation({
  command: 'lvconvert',
  fixed: ['--type', 'thin'],
  summary: 'Makes a volume a thin one on top of what it was.',
  subject: volume,
  options,
  arrange: (place, { thinPool }) => siblings(place, [thinPool]),
  refuse,
  verify: (call) =>
    isOfType('thin')(call) ??
    (originOf(call) === null ? `there is no volume ${call.options.originName}` : null),
  result: (call): ExternalOriginResult => ({ ...createdVolume(call), origin: originOf(call) }),
});

/** The result of making a volume a thin one. */
export interface ExternalOriginResult extends VolumeResult {
  /** What the volume was, now its external origin. */
  readonly origin: VolumeResult['volume'];
}

type Options = OptionsOf<typeof options>;

function refuse(call: Before<Options>): Refusal | null {
  const { place, options: given, before } = call;
  const pool = volumeOf(before, `${place.groups[0] ?? ''}/${given.thinPool}`);
  const row = present(call);
  if (pool === undefined || row === undefined) return null;
  // lvm would make it one, and destroy what it holds.
  if (pool.segtype !== 'thin-pool')
    return {
      reason: 'wrong-type',
      message: `${pool.fullName} is no thin pool; make it one first (lvconvert.thinPool)`,
    };
  // lvm 2.03.16 does it with status 0, and then can neither snapshot the volume nor activate it again.
  if (row.poolLv === pool.name)
    return { reason: 'wrong-type', message: `${row.fullName} is a thin volume of ${pool.fullName} already` };
  return null;
}

function originOf({ place, options: given, after }: After<Options>) {
  return volumeOf(after, `${place.groups[0] ?? ''}/${given.originName}`) ?? null;
}
