import type { Command } from 'commander';
import { Lvm } from '../lvm/lvm.ts';
import type { Reports } from '../lvm/reports.ts';
import { milliseconds } from './asking.ts';

/** The options of `lvs`, `vgs` and `pvs`. */
export interface ReportFlags {
  readonly all?: boolean;
  readonly json?: boolean;
  readonly select?: string;
  readonly timeout?: number;
}

/** Adds the options that `lvs`, `vgs` and `pvs` have in common. */
export function withReportOptions(command: Command): Command {
  return command
    .option('--select <selection>', 'only what fits, as lvmreport(7) writes it: "lv_size > 1g"')
    .option('--json', 'print JSON, see docs/cli.md')
    .option('--timeout <ms>', 'end lvm with SIGTERM after this time (default: none)', milliseconds);
}

/** What a report is asked for with: names, `--all` and `--select` as given. */
export function reportOptions(names: readonly string[], { all, select, timeout }: ReportFlags) {
  return {
    ...(names.length === 0 ? {} : { targets: names }),
    ...(all === undefined ? {} : { all }),
    ...(select === undefined ? {} : { select }),
    ...(timeout === undefined ? {} : { timeout }),
  };
}

/** The reports of the lvm that is installed here, set up as the caller's environment says. Asks nothing yet. */
export function openReports({ LVM_SYSTEM_DIR: directory }: NodeJS.ProcessEnv = process.env): Reports {
  return Lvm.open(directory === undefined ? {} : { environment: { LVM_SYSTEM_DIR: directory } });
}

/** A row with its sizes as numbers, as in all JSON of the command line; those above 2^53-1 stay bigint. */
export function plainNumbers(row: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(row).map(([key, value]) => [
      key,
      typeof value === 'bigint' && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value,
    ]),
  );
}
