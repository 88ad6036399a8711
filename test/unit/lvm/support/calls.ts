import fc from 'fast-check';
import type { AnyOperation } from '../../../../lib/lvm/bind.ts';
import { type CommandLine, commandLine } from '../../../../lib/lvm/operation.ts';

/** What a function of an operation is called with. */
export interface Call {
  readonly subject: unknown;
  readonly options: Readonly<Record<string, unknown>>;
}

/** The command line of a call; null if it is refused before anything runs. Throws what is no TypeError or RangeError. */
export function commandLineOf(
  operation: AnyOperation,
  { subject, options }: Call,
  yes = false,
): CommandLine | null {
  try {
    return commandLine(operation, subject as never, options as never, yes);
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) return null;
    throw error;
  }
}

/** Calls of an operation with any of its options, each with a value that it takes by itself: few of them, or many. */
export function callsOf(operation: AnyOperation): fc.Arbitrary<Call> {
  const entries = Object.entries(operation.options).map(([name, { required }]) => ({
    name,
    required,
    values: fc.constantFrom(...valuesOf(operation, name)),
  }));
  const withSome = (names: readonly string[]): fc.Arbitrary<Call['options']> =>
    fc.record(
      Object.fromEntries(
        entries.flatMap(({ name, required, values }) =>
          required || names.includes(name) ? [[name, values]] : [],
        ),
      ),
    );
  const others = entries.flatMap(({ name, required }) => (required ? [] : [name]));
  return fc.record({
    subject: fc.constantFrom(...subjectsOf(operation)),
    options: fc.oneof(
      fc.constant([]).chain(withSome),
      fc.subarray(others, { maxLength: Math.min(1, others.length) }).chain(withSome),
      fc.subarray(others).chain(withSome),
    ),
  });
}

/** The values that an option takes, of all that are tried; none would mean that it is never seen. */
export function valuesOf({ options }: AnyOperation, name: string): readonly unknown[] {
  const option = options[name];
  if (option === undefined) return [];
  const words = [...option.takes.matchAll(/'([^']*)'/g)].map(([, word]) => word);
  return [...new Set([...words, ...candidates])].filter((value) =>
    isTaken(() => option.toArguments(value as never, name)),
  );
}

/** The subjects that an operation takes, of all that are tried. */
export function subjectsOf({ subject }: AnyOperation): readonly unknown[] {
  return subjects.filter((value) => isTaken(() => subject.parse(value as never)));
}

function isTaken(check: () => unknown): boolean {
  try {
    check();
    return true;
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) return false;
    throw error;
  }
}

const subjects: readonly unknown[] = [
  ...[undefined, 'vg', ['vg'], ['vg', 'other.vg'], 'vg/lv', ['vg/lv'], ['vg/lv', 'other.vg/a_b+c']],
  ...['/dev/sdb', ['/dev/sdb'], ['/dev/sdb', '/dev/mapper/c'], '/dev/sdb:0-99', '/var/backup/vg'],
];

const candidates: readonly unknown[] = [
  ...[true, false, null, 0, 1, 2, 3, 4, 7, 512, 1024, 4096, 65_536, 1 << 20, 1n << 22n, 1n << 30n],
  ...['64KiB', '4MiB', '1.5GiB', { extents: 3 }],
  ...(['FREE', 'VG', 'PVS', 'ORIGIN'] as const).map((of) => ({ percent: 50, of })),
  ...[
    '',
    'lv',
    'other',
    'a_b+c',
    'smq',
    'host.example',
    '2.03.16',
    '256',
    'auto',
    'migration_threshold=2048',
  ],
  'low_watermark=40 high_watermark=60',
  ...['/dev/sdb', '/etc/lvm/backup/vg', '/var/%s', 'mxKfzZ-3gmP-2kSa-j0rd-Nu2S-oQj5-2F6kxb'],
  ...[['/dev/sdb'], ['/dev/sdb', '/dev/sdc:0-9'], ['blue', '-t', '--yes'], ['vg/lv'], ['vg', 'vg/lv']],
  ...[['activation/udev_sync', 'log'], { '/dev/sdb': 'y', '/dev/sdc': 't' }, { '/dev/sdb': true }],
  ...[[{ device: '/dev/sdb', mode: 'y' }], ['/dev/sdb:y', '/dev/sdc:n']],
  ...[{ migration_threshold: 2048 }, { low_watermark: 40, high_watermark: 60 }, { cleaner: 1 }],
  ...[
    { bio_threads: 4, ack_threads: 1 },
    { mode: 'bitmap', blockSize: 4096 },
  ],
];
