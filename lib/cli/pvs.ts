import type { Command } from 'commander';
import { type End, type Io, writeLines } from './io.ts';
import { toJsonLines } from './json.ts';
import {
  openReports,
  plainNumbers,
  type ReportFlags,
  reportOptions,
  withReportOptions,
} from './lvm-asking.ts';
import { pvsLines, summarizePv } from './lvm-rows.ts';

/** Adds `devmapper pvs [NAME...]`. */
export function addPvs(program: Command, io: Io, _: End): void {
  withReportOptions(program.command('pvs').argument('[NAME...]', 'only these: a path below /dev, or @tag'))
    .description('show the physical volumes that lvm knows: group, size, what is used, what is missing')
    .option('--all', 'also devices that are no physical volumes')
    .addHelpText('after', help)
    .action(async (names: readonly string[], options: ReportFlags) => {
      const rows = await openReports().pvs(reportOptions(names, options));
      const toRecord = (row: (typeof rows)[number]): unknown => {
        const summary = summarizePv(row);
        return { ...plainNumbers(row), health: summary.health, summary };
      };
      if (options.json === true) await writeLines(io, toJsonLines(rows.map(toRecord)));
      else if (rows.length > 0) await writeLines(io, pvsLines(rows, io.look));
      else await writeLines(io, ['There are no such physical volumes.']);
    });
}

const help = `
A device that is missing is named by the uuid of its physical volume. USED is how
much of it is allocated to volumes. ATTR: see pvs(8).

Examples:
  devmapper pvs
  devmapper pvs --json | jq -r '.[] | select(.missing) | .vgName'`;
