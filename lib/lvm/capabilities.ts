import type { LvmError } from './errors.ts';
import { toLvmError } from './errors.ts';
import { parseLog } from './log.ts';
import { invalidReport } from './report-outcome.ts';
import type { Outcome } from './run.ts';

/** What an lvm is and can do. */
export interface Capabilities {
  /** As lvm writes it, such as `2.03.16(2)`. */
  readonly version: string;
  /** The same to compare: `[2, 3, 16]`. */
  readonly release: readonly [major: number, minor: number, patch: number];
  /** Date of the release, `2022-05-18`. */
  readonly date: string;
  /** Version of libdevmapper, such as `1.02.185`; null if lvm does not say. */
  readonly library: string | null;
  /** Version of the kernel's device-mapper; null if lvm could not ask it. */
  readonly driver: string | null;
  /** How lvm was configured when it was built; null if it does not say. */
  readonly configuration: string | null;
  /** Segment types that it was built with; whether the kernel has the target, only its use tells. */
  readonly segtypes: readonly string[];
  /** Metadata formats. */
  readonly formats: readonly string[];
}

/** The command lines whose answers {@link parseCapabilities} reads. */
export const capabilityCommands = {
  version: ['version'],
  segtypes: ['segtypes'],
  formats: ['formats'],
} as const;

/** Reads what `lvm version`, `lvm segtypes` and `lvm formats` wrote. Throws an {@link LvmError}. */
export function parseCapabilities(
  outcomes: Readonly<Record<keyof typeof capabilityCommands, Outcome>>,
): Capabilities {
  const lines = linesOf(outcomes.version);
  const textAfter = (title: string): string | null => {
    const line = lines.find((found) => found.startsWith(`${title}:`));
    return line === undefined ? null : line.slice(title.length + 1).trim();
  };
  const match = /^((\d{1,9})\.(\d{1,9})\.(\d{1,9})\S*)(?: \((.*)\))?$/.exec(textAfter('LVM version') ?? '');
  if (match === null) throw invalidReport(outcomes.version, 'there is no version in it');
  const [, version = '', major, minor, patch, date = ''] = match;
  return {
    version,
    release: [Number(major), Number(minor), Number(patch)],
    date,
    library: textAfter('Library version')?.split(' ')[0] ?? null,
    driver: textAfter('Driver version'),
    configuration: textAfter('Configuration'),
    segtypes: linesOf(outcomes.segtypes),
    formats: linesOf(outcomes.formats),
  };
}

function linesOf(outcome: Outcome): readonly string[] {
  if (outcome.exitCode !== 0 || outcome.running !== null) throw failed(outcome);
  if (!outcome.complete) throw invalidReport(outcome, 'it was cut off or is not UTF-8');
  const lines = outcome.stdout.split('\n').map((line) => line.trim());
  const said = lines.filter((line) => line !== '');
  if (said.length === 0) throw invalidReport(outcome, 'it is empty');
  return said;
}

function failed(outcome: Outcome): LvmError {
  return toLvmError(outcome, parseLog(outcome.report).entries, { changed: 'no' });
}
