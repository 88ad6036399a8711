import { type After, type Before, type NoOptions, type Operation, operation } from '../operation.ts';
import { bytes, type OptionsOf, type OptionTable, required, sibling, yesNo } from '../option.ts';
import { volumeOf } from '../state.ts';
import { volume } from '../subject.ts';
import { createdVolume, namedVolume, nameOf, type VolumeResult } from '../verify.ts';
import { answered, asked, destroyContents, siblings } from './lvconvert-common.ts';

/** Takes a snapshot off its origin: it becomes a volume of what it had stored, which nobody can read. */
export const splitSnapshot: Operation<string, NoOptions, VolumeResult> = operation({
  command: 'lvconvert',
  fixed: ['--splitsnapshot'],
  summary: 'Takes the exception store of a snapshot off its origin.',
  subject: volume,
  options: {},
  asks: () => [answered('split off an active volume?')],
  verify: ({ place, after }) => {
    const row = namedVolume(place, after);
    if (row === undefined) return `there is no volume ${nameOf(place)}`;
    return row.origin === null ? null : `${nameOf(place)} is a snapshot still`;
  },
  result: createdVolume,
});

const options = {
  /** The volume that is to hold what changes: it becomes the snapshot. */
  exceptionStore: required(sibling()),
  /** Bytes that are stored at once, 4 to 512 KiB (`--chunksize`). */
  chunkSize: bytes('--chunksize'),
  /** Whether the start of the store is zeroed; without it, what `splitSnapshot` took off is attached again (`--zero`). */
  zero: yesNo('--zero'),
  /** Leave to overwrite what the exception store holds. */
  destroyContents,
} as const satisfies OptionTable;

/** Options of `lvm.lvconvert.snapshot`. */
export interface LvconvertSnapshotOptions extends OptionsOf<typeof options> {}

/** Makes a volume the exception store of a snapshot of the subject. */
export const snapshot: Operation<string, LvconvertSnapshotOptions, SnapshotResult> = operation({
  command: 'lvconvert',
  fixed: ['--type', 'snapshot'],
  summary: 'Makes a volume of the group a snapshot of this one.',
  subject: volume,
  options,
  arrange(place, { exceptionStore }) {
    const operands = [...place.operands, `${place.groups[0] ?? ''}/${exceptionStore}`];
    return { ...siblings(place, [exceptionStore]), operands };
  },
  asks: ({ place, options: given }: Before<OptionsOf<typeof options>>) => [
    asked(
      'destroyContents',
      given.destroyContents,
      `what ${storeOf({ place, options: given })} holds is destroyed`,
    ),
  ],
  verify(call) {
    const origin = volumeOf(call.after, storeOf(call))?.origin ?? null;
    const wanted = call.place.volumes[0]?.lv;
    return origin === wanted ? null : `${storeOf(call)} is no snapshot of ${nameOf(call.place)}`;
  },
  result: (call): SnapshotResult => ({
    ...createdVolume(call),
    snapshot: volumeOf(call.after, storeOf(call)) ?? null,
  }),
});

/** The result of making a snapshot of a volume. */
export interface SnapshotResult extends VolumeResult {
  /** The volume that is a snapshot now. */
  readonly snapshot: VolumeResult['volume'];
}

function storeOf({
  place,
  options: given,
}: Pick<After<OptionsOf<typeof options>>, 'place' | 'options'>): string {
  return `${place.groups[0] ?? ''}/${given.exceptionStore}`;
}
