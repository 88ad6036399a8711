import { invalidType, requireOnly, requireSignal, requireTimeout } from '../arguments.ts';
import { type LvRow, lvColumns } from './columns/lv.ts';
import { type PvRow, pvColumns } from './columns/pv.ts';
import { type Columns, fieldsOf } from './columns/row.ts';
import { type SegRow, segColumns } from './columns/seg.ts';
import { type VgRow, vgColumns } from './columns/vg.ts';
import { inDoubt } from './kernel-known.ts';
import { requireDevice, requireGroup, requireTag, requireVolume } from './names.ts';
import { requireBoolean, requireList } from './option.ts';
import { type Cells, invalidReport, reportOf, sectionOf, wholeRow } from './report-outcome.ts';
import type { Outcome } from './run.ts';

/** The rows of each report, by the report's name. */
export interface RowsOf {
  readonly lvs: LvRow;
  readonly segs: SegRow;
  readonly vgs: VgRow;
  readonly pvs: PvRow;
}

/** A report: `lvs`, `vgs`, `pvs`, or `segs`, which is `lvs --segments`. */
export type ReportName = keyof RowsOf;

/** The columns of a report that can be asked for. */
export type FieldOf<N extends ReportName> = Exclude<Extract<keyof RowsOf[N], string>, 'more'>;

/** A row with the columns that were asked for, and what lvm said besides. */
export type Reported<N extends ReportName, F extends FieldOf<N>> = Pick<
  RowsOf[N],
  F | Extract<keyof RowsOf[N], 'more'>
>;

/** How to ask for a report. */
export interface ReportOptions<F extends string = string> {
  /**
   * Only these: groups (`vg`) for lvs, segs and vgs; volumes (`vg/lv`) for lvs and segs; device paths for pvs; tags
   * (`@tag`) for all. All if left out.
   */
  readonly targets?: readonly string[] | undefined;
  /** A selection as lvmreport(7) describes it, by lvm's names of the fields, such as `lv_size > 1g`. */
  readonly select?: string | undefined;
  /** Only these columns, which spares lvm asking the kernel if they are none of the kernel's. All if left out. */
  readonly fields?: readonly F[] | undefined;
  /** Also hidden LVs (lvs, segs), or devices that are no PVs (pvs); nothing for vgs. */
  readonly all?: boolean | undefined;
  /** Without locks and without asking the kernel, which leaves the kernel's columns unknown (`--readonly`). */
  readonly readonly?: boolean | undefined;
  /** Ends the command when it fires. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds the command may take; default is that of the instance. */
  readonly timeout?: number | undefined;
}

/**
 * The command line of a report. Pure. With `everyField` it asks for all fields that this lvm has, whatever `fields`
 * says: lvm refuses a command that names one which it does not have. Throws a TypeError for options that are none.
 */
export function reportArguments(
  name: ReportName,
  options: ReportOptions = {},
  everyField = false,
): readonly string[] {
  requireOnly(options, ['targets', 'select', 'fields', 'all', 'readonly', 'signal', 'timeout']);
  requireSignal(options.signal);
  if (options.timeout !== undefined) requireTimeout(options.timeout);
  const { command, every, key, target } = reports[name];
  const fields = requireFields(name, options.fields);
  const asked = fields === undefined || everyField ? every : [...fieldsOf(columnsOf(name, fields)), ...key];
  const targets = options.targets === undefined ? [] : requireList('targets', options.targets);
  const operands = targets.map((value, index) => requireTarget(`targets[${index}]`, value, target));
  return [
    ...command,
    ...['--units', 'b', '--nosuffix', '--binary', '--options', [...new Set(asked)].join(',')],
    ...(isSet('all', options.all) && name !== 'vgs' ? ['--all'] : []),
    ...(isSet('readonly', options.readonly) ? ['--readonly'] : []),
    ...(options.select === undefined ? [] : ['--select', requireSelection(options.select)]),
    ...(operands.length === 0 ? [] : ['--', ...operands]),
  ];
}

/** The rows that a report wrote, one an object. Throws an {@link LvmError}: lvm's own, or `report-invalid`. */
export function parseReport<N extends ReportName, F extends FieldOf<N>>(
  name: N,
  outcome: Outcome,
  fields?: readonly F[],
): readonly Reported<N, F>[] {
  const { section, key } = reports[name];
  const columns = columnsOf(name, fields);
  const wanted = new Set(fieldsOf(columns));
  const seen = new Set<unknown>();
  const { elements, kernelAsked } = reportOf(outcome);
  const asked = kernelAsked || name !== 'lvs';
  return elements.flatMap((element) =>
    sectionsOf(outcome, element, section).flatMap((cells) => {
      // lvs with a field of the segments has a row a segment: the first is that of the volume.
      for (const field of key) if (seen.has(cells[field])) return [];
      for (const field of key) seen.add(cells[field]);
      const given = fields === undefined ? cells : only(cells, wanted);
      // The columns are those of the report, and the fields that were asked for.
      return [inDoubt(wholeRow(outcome, columns, given), asked) as unknown as Reported<N, F>];
    }),
  );
}

/** Whether lvm refused a report because it does not have a field that was asked for. */
export function lacksField({ exitCode, stderr, report }: Outcome): boolean {
  return exitCode !== 0 && /Unrecognised field/.test(stderr + report);
}

interface ReportKind {
  readonly command: readonly string[];
  /** Which part of lvm's JSON has the rows. */
  readonly section: string;
  readonly columns: Columns;
  /** All fields that it has. */
  readonly every: readonly string[];
  /** What tells objects apart where several rows may be of one. */
  readonly key: readonly string[];
  readonly target: 'volume' | 'group' | 'device';
}

const reports: Readonly<Record<ReportName, ReportKind>> = {
  lvs: {
    command: ['lvs'],
    section: 'lv',
    columns: lvColumns,
    every: ['lv_all', 'segtype', 'vg_name', 'vg_uuid'],
    key: ['lv_uuid'],
    target: 'volume',
  },
  segs: {
    command: ['lvs', '--segments'],
    section: 'seg',
    columns: segColumns,
    every: ['seg_all', 'lv_name', 'lv_uuid', 'vg_name'],
    key: [],
    target: 'volume',
  },
  vgs: {
    command: ['vgs'],
    section: 'vg',
    columns: vgColumns,
    every: ['vg_all'],
    key: [],
    target: 'group',
  },
  pvs: {
    command: ['pvs'],
    section: 'pv',
    columns: pvColumns,
    every: ['pv_all', 'vg_name'],
    key: [],
    target: 'device',
  },
};

function columnsOf(name: ReportName, fields: readonly string[] | undefined): Columns {
  const { columns } = reports[name];
  if (fields === undefined) return columns;
  return Object.fromEntries(Object.entries(columns).filter(([key]) => fields.includes(key)));
}

function sectionsOf(outcome: Outcome, element: Readonly<Record<string, unknown>>, section: string) {
  if (Object.hasOwn(element, section)) return sectionOf(outcome, element, section);
  throw invalidReport(outcome, `it has no section "${section}"`);
}

function only(cells: Cells, wanted: ReadonlySet<string>): Cells {
  return Object.fromEntries(Object.entries(cells).filter(([field]) => wanted.has(field)));
}

function requireFields(name: ReportName, given: unknown): readonly string[] | undefined {
  if (given === undefined) return undefined;
  const { columns } = reports[name];
  return requireList('fields', given).map((field, index) => {
    if (typeof field === 'string' && Object.hasOwn(columns, field)) return field;
    throw invalidValue(`fields[${index}]`, `a column of ${name}`, field);
  });
}

function requireTarget(argument: string, value: unknown, target: ReportKind['target']): string {
  if (typeof value !== 'string') throw invalidType(argument, 'a string', value);
  if (value.startsWith('@')) return `@${requireTag(argument, value)}`;
  if (target === 'device') return requireDevice(argument, value);
  if (target === 'group' || !value.includes('/')) return requireGroup(argument, value);
  const { vg, lv } = requireVolume(argument, value);
  return `${vg}/${lv}`;
}

function requireSelection(select: unknown): string {
  if (typeof select !== 'string') throw invalidType('select', 'a string', select);
  if (select !== '' && !select.includes('\0')) return select;
  throw invalidValue('select', 'a selection, see lvmreport(7)', select);
}

function isSet(key: string, value: unknown): boolean {
  return value !== undefined && requireBoolean(key, value);
}

function invalidValue(argument: string, wanted: string, value: unknown): TypeError {
  const shown = JSON.stringify(String(value).slice(0, 80));
  return Object.assign(new TypeError(`"${argument}" must be ${wanted}, not ${shown}`), {
    code: 'ERR_INVALID_ARG_VALUE',
  });
}
