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
import { summarizeGroup, vgsLines } from './lvm-rows.ts';

/** Adds `devmapper vgs [NAME...]`. */
export function addVgs(program: Command, io: Io, _: End): void {
  withReportOptions(program.command('vgs').argument('[NAME...]', 'only these: vg or @tag'))
    .description('show the volume groups that lvm knows: sizes, what is used, what is missing')
    .addHelpText('after', help)
    .action(async (names: readonly string[], options: ReportFlags) => {
      const rows = await openReports().vgs(reportOptions(names, options));
      const toRecord = (row: (typeof rows)[number]): unknown => {
        const summary = summarizeGroup(row);
        return { ...plainNumbers(row), health: summary.health, summary };
      };
      if (options.json === true) await writeLines(io, toJsonLines(rows.map(toRecord)));
      else if (rows.length > 0) await writeLines(io, vgsLines(rows, io.look));
      else await writeLines(io, ['There are no such volume groups.']);
    });
}

const help = `
USED is how much of the group is allocated to volumes. ATTR: see vgs(8).

Examples:
  devmapper vgs
  devmapper vgs --select 'vg_free < 1g'
  devmapper vgs --json | jq -r '.[] | select(.missingPvCount > 0) | .name'`;
