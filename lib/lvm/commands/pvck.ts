import { type After, type Operation, operation } from '../operation.ts';
import { integer, type OptionsOf, type OptionTable, required, word } from '../option.ts';
import { device, devices } from '../subject.ts';

/** What pvck found on one device. */
export interface PvCheck {
  readonly device: string;
  /** The sector of 512 bytes with the label. */
  readonly sector: number;
  /** The label's type, `LVM2 001`. */
  readonly type: string;
  /** Its metadata areas: where they begin and how long they are, in bytes. */
  readonly metadataAreas: readonly { readonly offset: number; readonly size: number }[];
}

const labelSector = integer('--labelsector', 0, 3);
const dumpOptions = {
  /** What to show: `headers`, the current `metadata`, all versions (`metadata_all`), or what a search finds. */
  dump: required(word('--dump', ['headers', 'metadata', 'metadata_all', 'metadata_area', 'metadata_search'])),
  /** The sector to look for the label in, 0 to 3 (`--labelsector`). */
  labelSector,
} as const satisfies OptionTable;

const checkOptions = {
  /** The sector to look for the label in, 0 to 3 (`--labelsector`). */
  labelSector,
} as const satisfies OptionTable;

/** What a check tells. */
export interface PvckCheckResult {
  readonly checks: readonly PvCheck[];
}

/** Options of `lvm.pvck.check`. */
export interface PvckCheckOptions extends OptionsOf<typeof checkOptions> {}

const check: Operation<string | readonly string[], PvckCheckOptions, PvckCheckResult> = operation({
  command: 'pvck',
  fixed: [],
  summary: 'Checks the labels and metadata areas of physical volumes.',
  subject: devices,
  options: checkOptions,
  writes: 'text',
  looks: 'nothing',
  verify({ place, notes }) {
    const found = parseChecks(notes);
    const missing = place.devices.length - found.length;
    return missing <= 0 ? null : `it found labels on ${found.length} of ${place.devices.length} devices`;
  },
  result: ({ notes }) => ({ checks: parseChecks(notes) }),
});

/** What a dump shows. */
export interface PvckDumpResult {
  /** As lvm wrote it, with its line breaks. */
  readonly text: string;
}

/** Options of `lvm.pvck.dump`. */
export interface PvckDumpOptions extends OptionsOf<typeof dumpOptions> {}

const dump: Operation<string, PvckDumpOptions, PvckDumpResult> = operation({
  command: 'pvck',
  fixed: [],
  summary: "Shows a device's headers and metadata as text, also of a damaged one.",
  subject: device(),
  options: dumpOptions,
  writes: 'text',
  looks: 'nothing',
  result: ({ notes }: After<OptionsOf<typeof dumpOptions>>) => ({ text: notes.join('\n') }),
});

/** Looks at the metadata on devices, without changing anything (pvck(8)). */
export const pvck = {
  /** Checks the labels and metadata areas of physical volumes. */
  check,
  /** Shows a device's headers and metadata as text, also of a damaged one. */
  dump,
} as const;

/** Reads what `pvck PV...` prints. Never throws; what is not understood is left out. */
export function parseChecks(notes: readonly string[]): readonly PvCheck[] {
  const checks: {
    device: string;
    sector: number;
    type: string;
    metadataAreas: { offset: number; size: number }[];
  }[] = [];
  for (const note of notes) {
    const [, path, sector, type] =
      /^\s*Found label on (.+), sector (\d{1,6}), type=(.+?)\s*$/.exec(note) ?? [];
    const [, offset, size] =
      /^\s*Found text metadata area: offset=(\d{1,15}), size=(\d{1,15})\s*$/.exec(note) ?? [];
    if (path !== undefined && type !== undefined)
      checks.push({ device: path, sector: Number(sector), type, metadataAreas: [] });
    else if (offset !== undefined)
      checks.at(-1)?.metadataAreas.push({ offset: Number(offset), size: Number(size) });
  }
  return checks;
}
