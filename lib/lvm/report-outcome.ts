import { lvmError, toLvmError } from './errors.ts';
import { parseLog } from './log.ts';
import type { Outcome } from './run.ts';

/**
 * What a reporting command wrote, an element a report. Throws an {@link LvmError}: lvm's own if it failed, else
 * `report-invalid` if what it wrote is not whole, which lvm lets pass with status 0.
 */
export function reportOf(outcome: Outcome): readonly Readonly<Record<string, unknown>>[] {
  const { entries, report, problem } = parseLog(outcome.report);
  if (outcome.exitCode !== 0 || outcome.running !== null)
    throw toLvmError(outcome, entries, { changed: 'no' });
  if (!outcome.complete) throw invalidReport(outcome, 'it was cut off or is not UTF-8');
  if (problem !== null) throw invalidReport(outcome, problem);
  if (report.length === 0) throw invalidReport(outcome, 'it is empty');
  return report.map((element) => {
    if (isRecord(element)) return element;
    throw invalidReport(outcome, 'a part of it is no object');
  });
}

/** The rows of one section of a report; none if the report has no such section. Throws `report-invalid`. */
export function sectionOf(
  outcome: Outcome,
  element: Readonly<Record<string, unknown>>,
  section: string,
): readonly Readonly<Record<string, unknown>>[] {
  const rows = Object.hasOwn(element, section) ? element[section] : [];
  if (!Array.isArray(rows) || !rows.every(isRecord))
    throw invalidReport(outcome, `its section ${section} is no list of objects`);
  return rows;
}

/** The error of a report that is not whole although lvm says that all is well. */
export function invalidReport(outcome: Outcome, problem: string): Error {
  return lvmError('report-invalid', {
    command: outcome.argv,
    message: `lvm's report cannot be read: ${problem}`,
    outcome,
    changed: 'no',
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
