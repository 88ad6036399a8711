import { type Columns, type More, readRow, type ValuesOf } from './columns/row.ts';
import { type LvmError, lvmError, toLvmError } from './errors.ts';
import { wasKernelAsked } from './kernel-known.ts';
import { parseLog } from './log.ts';
import type { Outcome } from './run.ts';

/** The fields of one row as lvm wrote them. */
export type Cells = Readonly<Record<string, unknown>>;

/** One report: its sections by name, such as `lv`. */
export type ReportElement = Readonly<Record<string, unknown>>;

/** What a reporting command wrote, and whether lvm could ask the kernel for it. */
export interface WholeReport {
  readonly elements: readonly ReportElement[];
  /** See {@link inDoubt}. */
  readonly kernelAsked: boolean;
}

/**
 * Reads what a reporting command wrote. Throws an {@link LvmError}: lvm's own if it failed, else `report-invalid` if what it
 * wrote is not whole, which lvm lets pass with status 0.
 */
export function reportOf(outcome: Outcome): WholeReport {
  const { entries, report, problem } = parseLog(outcome.report);
  if (outcome.exitCode !== 0 || outcome.running !== null)
    throw toLvmError(outcome, entries, { changed: 'no' });
  if (!outcome.complete) throw invalidReport(outcome, 'it was cut off or is not UTF-8');
  if (problem !== null) throw invalidReport(outcome, problem);
  // Where there is neither a group nor a device, a fullreport has no element, but the log says so.
  if (report.length === 0 && entries.length === 0) throw invalidReport(outcome, 'it is empty');
  if (!report.every(isRecord)) throw invalidReport(outcome, 'a part of it is no object');
  return { elements: report, kernelAsked: wasKernelAsked(outcome.stderr, entries) };
}

/** The rows of one section; none if the element has no such section. Throws `report-invalid`. */
export function sectionOf(outcome: Outcome, element: ReportElement, section: string): readonly Cells[] {
  const rows = Object.hasOwn(element, section) ? element[section] : [];
  if (!Array.isArray(rows) || !rows.every(isRecord))
    throw invalidReport(outcome, `its section "${section}" is no list of objects`);
  return rows;
}

/** One row, read by its columns. Throws `report-invalid` if it lacks what every such row has. */
export function wholeRow<C extends Columns>(outcome: Outcome, columns: C, cells: Cells): ValuesOf<C> & More {
  const { row, problem } = readRow(columns, cells);
  if (problem !== null) throw invalidReport(outcome, problem);
  return row;
}

/** The error of a report that is not whole although lvm says that all is well. */
export function invalidReport(outcome: Outcome, problem: string): LvmError {
  return lvmError('report-invalid', {
    command: outcome.argv,
    message: `lvm's report is not whole, although it says that all is well: ${problem}`,
    outcome,
    changed: 'no',
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
