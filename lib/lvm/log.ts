import { parseLvmJson } from './json.ts';

/** What a message is about. */
export interface LvmObject {
  /** lvm's word: `lv`, `vg`, `pv`, `label`, `orphan`; here also `device`, `segtype` and `module`. */
  readonly type: string;
  /** Its name; that of a volume without the group. */
  readonly name: string;
  /** The group that a volume or physical volume is of; `null` if there is none, or none is said. */
  readonly group: string | null;
}

/** One row of lvm's command log (lvmreport(7)). */
export interface LogEntry {
  /** `print`, `warn`, `error`, or `status`, which closes an object with `success` or `failure`. */
  readonly type: string;
  /** What lvm was at; `null` if nothing, as in pvcreate. */
  readonly object: LvmObject | null;
  readonly message: string;
  /** lvm's errno: 0, -1 for most errors, or one of the system's. */
  readonly errno: number;
  /** 1 for success and 5 for failure in a `status` row, else 0. */
  readonly returnCode: number;
}

/** The command log and the reports of one command. */
export interface CommandLog {
  readonly entries: readonly LogEntry[];
  /** The reports, as lvm gave them. */
  readonly report: readonly unknown[];
  /** Why this is not all that lvm wrote; `null` if it is. */
  readonly problem: string | null;
}

/**
 * Reads what a command wrote to fd 3. Never throws: what cannot be read is the `problem`. Nothing at all is none, as
 * there is no log yet when lvm refuses a command line.
 */
export function parseLog(fd3: string): CommandLog {
  const entries: LogEntry[] = [];
  const report: unknown[] = [];
  let problem: string | null = null;
  for (const document of documentsOf(fd3)) {
    if (!isRecord(document)) {
      problem ??= document instanceof SyntaxError ? document.message : 'a document is not an object';
      continue;
    }
    for (const row of listOf(document.report)) report.push(row);
    for (const row of listOf(document.log)) {
      if (isRecord(row)) entries.push(toEntry(row));
      else problem ??= 'a row of the log is not an object';
    }
    for (const key of ['report', 'log'])
      if (Object.hasOwn(document, key) && !Array.isArray(document[key])) problem ??= `"${key}" is not a list`;
  }
  return { entries, report, problem };
}

function toEntry(row: Readonly<Record<string, unknown>>): LogEntry {
  const type = textOf(row.log_object_type);
  const name = textOf(row.log_object_name);
  const group = textOf(row.log_object_group);
  return {
    type: textOf(row.log_type),
    object: type === '' || name === '' ? null : { type, name, group: group === '' ? null : group },
    message: textOf(row.log_message),
    errno: numberOf(row.log_errno),
    returnCode: numberOf(row.log_ret_code),
  };
}

// A process that lvm leaves in the background writes a document of its own behind that of its parent.
function documentsOf(text: string): readonly unknown[] {
  if (text.trim() === '') return [];
  const whole = parse(text);
  if (!(whole instanceof SyntaxError)) return [whole];
  const parts = split(text);
  return parts.length < 2 ? [whole] : parts.map(parse);
}

function parse(text: string): unknown {
  try {
    return parseLvmJson(text);
  } catch (error) {
    return error instanceof SyntaxError ? error : new SyntaxError('it is no JSON');
  }
}

function split(text: string): readonly string[] {
  const parts: string[] = [];
  const marks = /["\\{}]/g;
  let start = 0;
  let depth = 0;
  let inString = false;
  for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
    const [character] = mark;
    if (character === '"') inString = !inString;
    else if (character === '\\') marks.lastIndex++;
    else if (!inString && character === '{') depth++;
    else if (!inString && --depth === 0) {
      parts.push(text.slice(start, marks.lastIndex));
      start = marks.lastIndex;
    }
  }
  return text.slice(start).trim() === '' ? parts : [...parts, text.slice(start)];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Error);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? String(value) : '';
}

function numberOf(value: unknown): number {
  const number = Number(textOf(value));
  return Number.isSafeInteger(number) ? number : 0;
}
