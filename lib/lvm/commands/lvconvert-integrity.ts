import { type Afterwards, type NoOptions, type Operation, operation, type Waits } from '../operation.ts';
import { type OptionsOf, type OptionTable, oneOf, word } from '../option.ts';
import { volume } from '../subject.ts';
import { createdVolume, nameOf, type VolumeResult } from '../verify.ts';
import { type ConversionResult, conversionResult } from './lvconvert-common.ts';
import { imagesOf, refuseTracking } from './lvconvert-images.ts';

const options = {
  /** Where checksums are kept consistent with data: in a journal, or by a bitmap of what to recompute (`--raidintegritymode`). */
  raidIntegrityMode: word('--raidintegritymode', ['journal', 'bitmap']),
  /** Bytes that one checksum is of: 512, 1024, 2048 or 4096 (`--raidintegrityblocksize`). */
  raidIntegrityBlockSize: oneOf('--raidintegrityblocksize', [512, 1024, 2048, 4096]),
} as const satisfies OptionTable;

/** Options of `lvm.lvconvert.integrity`. */
export interface LvconvertIntegrityOptions extends OptionsOf<typeof options> {}

/**
 * Adds checksums to the images of a RAID, so that silently changed data is found and read from another image. Devices
 * for them cannot be named: lvm 2.03.16 takes each for a volume.
 */
export const integrity: Operation<string, LvconvertIntegrityOptions, ConversionResult> & Waits<'raid'> =
  operation({
    command: 'lvconvert',
    fixed: ['--raidintegrity', 'y'],
    summary: 'Adds checksums (dm-integrity) to the images of a RAID.',
    subject: volume,
    options,
    waits: 'raid',
    refuse: refuseTracking,
    verify: (call) => verify(call, true),
    result: conversionResult,
  });

/** Removes the checksums from the images of a RAID. */
export const removeIntegrity: Operation<string, NoOptions, VolumeResult> = operation({
  command: 'lvconvert',
  fixed: ['--raidintegrity', 'n'],
  summary: 'Removes checksums (dm-integrity) from the images of a RAID.',
  subject: volume,
  options: {},
  refuse: refuseTracking,
  satisfiedBy: ['unchanged'],
  verify: (call) => verify(call, false),
  result: createdVolume,
});

function verify({ place, after }: Afterwards, wanted: boolean): string | null {
  const images = imagesOf(after, nameOf(place));
  if (images.length === 0) return `${nameOf(place)} has no images`;
  const wrong = images.find(({ segtype }) => (segtype === 'integrity') !== wanted);
  if (wrong === undefined) return null;
  return `${wrong.fullName} has ${wanted ? 'no' : ''} checksums${wanted ? '' : ' still'}`;
}
