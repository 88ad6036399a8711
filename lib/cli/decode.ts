import type { Command } from 'commander';
import { formatSectors } from '../units.ts';
import { kindOf } from '../view/summary.ts';
import { type Cell, tableLines } from './columns.ts';
import { type Command as DmsetupCommand, type Entry, readDmsetupLine } from './dmsetup-line.ts';
import { exitStatus } from './exit.ts';
import { complain, type End, type Io, writeLines } from './io.ts';
import { toJson } from './json.ts';
import { linesOf } from './lines.ts';
import type { Look } from './look.ts';
import { barCell } from './rows.ts';
import { recordWords } from './words.ts';

/** Adds `devmapper decode`. */
export function addDecode(program: Command, io: Io, end: End): void {
  program
    .command('decode')
    .description('read the output of "dmsetup status" or "dmsetup table" from standard input; asks no kernel')
    .option('--table', 'it is the output of "dmsetup table"')
    .option('--json', 'print JSON, see docs/cli.md')
    .addHelpText('after', help)
    .action(async (options: { readonly table?: boolean; readonly json?: boolean }) => {
      const command = options.table === true ? 'table' : 'status';
      const tally = { foreign: 0, elsewhere: 0 };
      if (options.json === true) await decodeToJson(io, command, tally);
      else await decodeToText(io, command, tally);
      if (tally.foreign === 0) return;
      end(exitStatus.unhealthy);
      if (tally.foreign === tally.elsewhere) complain(io, wrongCommand[command]);
    });
}

/** The lines of `devmapper decode` for people, with a header line. */
export function entryLines(entries: readonly Entry[], command: DmsetupCommand, look: Look): string[] {
  const columns = command === 'status' ? statusColumns : tableColumns;
  const rows = entries.flatMap((entry) => {
    const cells = cellsOf(entry, look);
    return cells === undefined ? [] : [cells];
  });
  return rows.length === 0 ? [] : tableLines(columns, rows, look);
}

const statusColumns = [
  { header: 'NAME' },
  { header: 'START', align: 'right' },
  { header: 'SIZE', align: 'right' },
  { header: 'TYPE' },
  { header: 'SYNC/FILL', align: 'right' },
  { header: 'HEALTH' },
  { header: 'DETAILS' },
] as const;
const tableColumns = [
  { header: 'NAME' },
  { header: 'START', align: 'right' },
  { header: 'SIZE', align: 'right' },
  { header: 'TYPE' },
  { header: 'DETAILS' },
] as const;

/** Lines that are not understood, and those of them that the other command's reading understands. */
interface Tally {
  foreign: number;
  elsewhere: number;
}

const wrongCommand = {
  status: 'This may be the output of "dmsetup table": try the option --table.',
  table: 'This may be the output of "dmsetup status": try without the option --table.',
} as const;

const barWidth = 20;
// Columns are aligned over so many lines; then they are printed, whatever is still to come.
const linesAtOnce = 1000;
// Long lines are printed before so many of them wait.
const charactersAtOnce = 1_048_576;

const help = `
Keys in crypt and integrity tables are replaced by zeros before anything is printed.
A line that is not understood is reported on standard error with its number, and the
exit status is 1.

Examples:
  dmsetup status | devmapper decode
  dmsetup table | devmapper decode --table
  ssh server dmsetup status | devmapper decode --json | jq '.[] | select(.health == "failed")'`;

function cellsOf(entry: Entry, look: Look): readonly Cell[] | undefined {
  if (entry.kind === 'foreign' || (entry.kind === 'empty' && entry.name === null)) return undefined;
  const name = entry.name ?? '-';
  if (entry.kind === 'empty') return [name, '', '', { text: 'no table', style: 'warning' }];
  const place = [name, String(entry.start), formatSectors(entry.length)];
  if (entry.kind === 'table') {
    const { table } = entry;
    return [...place, table.type === 'unknown' ? table.target : table.type, tableWords(entry)];
  }
  const { status, summary } = entry;
  const health = { text: summary.health, style: summary.health };
  return [...place, kindOf(status), barCell(summary, barWidth, look), health, summary.text];
}

function tableWords({ table, problem }: Entry & { readonly kind: 'table' }): string {
  return problem === null ? recordWords(table) : `not understood: ${problem}`;
}

async function decodeToText(io: Io, command: DmsetupCommand, tally: Tally): Promise<void> {
  let waiting: Entry[] = [];
  let characters = 0;
  let isFirst = true;
  const flush = async (): Promise<void> => {
    const lines = entryLines(waiting, command, io.look);
    await writeLines(io, isFirst ? lines : lines.slice(1));
    if (lines.length > 0) isFirst = false;
    waiting = [];
    characters = 0;
  };
  for await (const entry of entriesOf(io, command, tally)) {
    waiting.push(entry);
    characters += paramsLength(entry);
    if (waiting.length === linesAtOnce || characters >= charactersAtOnce) await flush();
  }
  await flush();
}

async function decodeToJson(io: Io, command: DmsetupCommand, tally: Tally): Promise<void> {
  let last = '[';
  let characters = 0;
  let waiting: string[] = [];
  for await (const entry of entriesOf(io, command, tally)) {
    waiting.push(last);
    characters += last.length;
    if (waiting.length === linesAtOnce || characters >= charactersAtOnce) {
      await writeLines(io, waiting);
      waiting = [];
      characters = 0;
    }
    last = `${toJson(entry.kind === 'status' ? { ...entry, health: entry.summary.health } : entry)},`;
  }
  await writeLines(io, [...waiting, ...(last === '[' ? ['[]'] : [last.slice(0, -1), ']'])]);
}

function paramsLength(entry: Entry): number {
  if (entry.kind === 'status') return entry.status.params.length;
  return entry.kind === 'table' ? entry.table.params.length : 0;
}

async function* entriesOf(io: Io, command: DmsetupCommand, tally: Tally): AsyncGenerator<Entry> {
  for await (const line of linesOf(io.input)) {
    const entry = readDmsetupLine(line, command);
    if (entry === undefined) continue;
    if (entry.problem !== null) {
      complain(io, `line ${entry.line}: ${explain(entry)}`);
      tally.foreign++;
      if (readDmsetupLine(line, command === 'status' ? 'table' : 'status')?.problem === null)
        tally.elsewhere++;
    }
    yield entry;
  }
}

function explain(entry: Entry): string {
  if (entry.kind === 'foreign') return `${entry.problem}: ${entry.text}`;
  if (entry.kind === 'empty') return '';
  const meaning = entry.kind === 'status' ? entry.status : entry.table;
  return `${meaning.type === 'unknown' ? meaning.target : meaning.type}: ${entry.problem}`;
}
