import { run } from './lab.ts';

/** What dmsetup says of one device, as far as this package answers it too. */
export interface Reading {
  /** A line for each target, `start length target params`, as they are. */
  readonly status: readonly string[];
  /** The same of the table; keys are zeros. */
  readonly table: readonly string[];
  readonly info: {
    readonly name: string;
    readonly uuid: string | null;
    readonly major: number;
    readonly minor: number;
    readonly openCount: number;
    readonly eventNumber: number;
    readonly suspended: boolean;
    readonly readOnly: boolean;
    readonly liveTable: boolean;
    readonly inactiveTable: boolean;
  };
  /** `major:minor` in the kernel's order. */
  readonly dependencies: readonly string[];
}

/** Runs dmsetup with names as the kernel stores them, and gives its standard output. */
export async function dmsetup(...args: readonly string[]): Promise<string> {
  return (await run('dmsetup', ['--manglename', 'none', ...args])).stdout;
}

/** Reads status, table, info and deps of the device with this stored name. */
export async function readWithDmsetup(name: string): Promise<Reading> {
  const columns = 'name,uuid,major,minor,open,events,attr';
  const [status, table, info, dependencies] = await Promise.all([
    dmsetup('status', '--noflush', name),
    dmsetup('table', name),
    dmsetup('info', '--columns', '--noheadings', '--separator', '\t', '--options', columns, name),
    dmsetup('deps', '-o', 'devno', name),
  ]);
  const [storedName = '', uuid = '', major, minor, open, events, attributes = ''] = info.trim().split('\t');
  return {
    status: lines(status),
    table: lines(table),
    info: {
      name: storedName,
      uuid: uuid === '' ? null : uuid,
      major: Number(major),
      minor: Number(minor),
      openCount: Number(open),
      eventNumber: Number(events),
      // dmsetup(8): L live, I inactive, s suspended, r or w.
      suspended: attributes.includes('s'),
      readOnly: attributes.includes('r'),
      liveTable: attributes.includes('L'),
      inactiveTable: attributes.includes('I'),
    },
    dependencies: [...dependencies.matchAll(/\((\d+), (\d+)\)/g)].map(([, ...number]) => number.join(':')),
  };
}

/** Swaps the live table of a device without flushing what is on its way. */
export async function replaceTable(name: string, table: string): Promise<void> {
  await dmsetup('load', name, '--table', table);
  await dmsetup('suspend', '--noflush', '--nolockfs', name);
  await dmsetup('resume', name);
}

function lines(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '');
}
