import type { LvRow } from '../lvm/columns/lv.ts';
import type { PvRow } from '../lvm/columns/pv.ts';
import type { VgRow } from '../lvm/columns/vg.ts';
import type { Volume } from '../lvm/volumes.ts';
import { type Health, type Summary, worstHealth } from '../targets/target.ts';
import { formatSectors, lvsPercent } from '../units.ts';
import { kindsOf, summarizeDevice } from '../view/summary.ts';
import type { Cell, Column } from './columns.ts';
import { tableLines } from './columns.ts';
import { fitBars } from './fit.ts';
import type { Look } from './look.ts';
import { barCell } from './rows.ts';

/** What a row says in a few words; no health where nobody could be asked, or there is nothing to be healthy. */
export interface RowSummary extends Omit<Summary, 'health'> {
  readonly health: Health | null;
}

/** The lines of `devmapper lvs`. */
export function lvsLines(volumes: readonly Volume[], look: Look): string[] {
  return linesOf(lvsColumns, volumes, look, (volume, width) => {
    const { lv } = volume;
    const summary = summarizeVolume(volume);
    return [
      titleOf(lv),
      typeOf(volume),
      lv.attr,
      size(lv.size),
      barOf(summary, width, look),
      healthOf(summary),
      summary.text,
    ];
  });
}

/** The lines of `devmapper vgs`. */
export function vgsLines(groups: readonly VgRow[], look: Look): string[] {
  return linesOf(vgsColumns, groups, look, (vg, width) => {
    const summary = summarizeGroup(vg);
    return [
      vg.name,
      vg.attr,
      ...[vg.pvCount, vg.lvCount, vg.snapCount].map(String),
      ...[size(vg.size), size(vg.free)],
      barOf(summary, width, look),
      healthOf(summary),
      summary.text,
    ];
  });
}

/** The lines of `devmapper pvs`. */
export function pvsLines(devices: readonly PvRow[], look: Look): string[] {
  return linesOf(pvsColumns, devices, look, (pv, width) => {
    const summary = summarizePv(pv);
    const isPv = pv.uuid !== null;
    return [
      pv.name ?? pv.uuid ?? '',
      pv.vgName ?? '',
      pv.attr,
      size(isPv ? pv.size : (pv.devSize ?? 0n)),
      isPv ? size(pv.free) : '',
      barOf(summary, width, look),
      healthOf(summary),
      summary.text,
    ];
  });
}

/** What is to be known of an LV: what the kernel says of it, and what only lvm knows. */
export function summarizeVolume({ lv, status }: Volume): RowSummary {
  const kernel: RowSummary =
    status === null
      ? { health: null, text: lv.active === false ? 'not active' : '' }
      : summarizeDevice(status);
  const { health } = lv.attributes;
  const trouble = typeof health === 'string' ? (troubles.get(health) ?? '') : '';
  const about = [
    trouble,
    lv.merging === true ? 'to be merged into its origin' : '',
    lv.origin === null ? '' : `of ${lv.origin}`,
    lv.poolLv === null ? '' : `in ${lv.poolLv}`,
    lv.movePv === null ? '' : `moving off ${lv.movePv}`,
  ];
  return {
    ...kernel,
    health: trouble === '' ? kernel.health : worstHealth([kernel.health ?? 'ok', 'warning']),
    text: [kernel.text, ...about].filter((text) => text !== '').join(', '),
  };
}

/** What is to be known of a VG. */
export function summarizeGroup({ size: total, free, missingPvCount, exported, shared }: VgRow): RowSummary {
  const missing = missingPvCount === 1 ? '1 device is missing' : `${missingPvCount} devices are missing`;
  const texts = [
    missingPvCount > 0 ? missing : '',
    exported === true ? 'exported' : '',
    shared === true ? 'shared' : '',
  ];
  return {
    health: missingPvCount > 0 ? 'warning' : 'ok',
    text: texts.filter((text) => text !== '').join(', '),
    ...usedBar(total, free),
  };
}

/** What is to be known of a PV, or of a device that is none. */
export function summarizePv(pv: PvRow): RowSummary {
  if (pv.uuid === null) return { health: null, text: 'no physical volume' };
  const bar = usedBar(pv.size, pv.free);
  if (pv.missing === true) return { health: 'failed', text: 'the device is missing', ...bar };
  if (pv.duplicate === true) return { health: 'warning', text: 'another device has its uuid too', ...bar };
  const texts = [
    pv.vgName === null ? 'in no group' : '',
    pv.vgName !== null && pv.allocatable === false ? 'not allocatable' : '',
    pv.exported === true ? 'exported' : '',
  ];
  return { health: 'ok', text: texts.filter((text) => text !== '').join(', '), ...bar };
}

const lvsColumns: readonly Column[] = [
  { header: 'NAME' },
  { header: 'TYPE' },
  { header: 'ATTR' },
  { header: 'SIZE', align: 'right' },
  { header: 'SYNC/FILL', align: 'right' },
  { header: 'HEALTH' },
  { header: 'DETAILS' },
];

const vgsColumns: readonly Column[] = [
  { header: 'NAME' },
  { header: 'ATTR' },
  { header: 'PVS', align: 'right' },
  { header: 'LVS', align: 'right' },
  { header: 'SNAPS', align: 'right' },
  { header: 'SIZE', align: 'right' },
  { header: 'FREE', align: 'right' },
  { header: 'USED', align: 'right' },
  { header: 'HEALTH' },
  { header: 'DETAILS' },
];

const pvsColumns: readonly Column[] = [
  { header: 'NAME' },
  { header: 'VG' },
  { header: 'ATTR' },
  { header: 'SIZE', align: 'right' },
  { header: 'FREE', align: 'right' },
  { header: 'USED', align: 'right' },
  { header: 'HEALTH' },
  { header: 'DETAILS' },
];

// What lvm alone knows; the rest of its letters is in the kernel's status too.
const troubles: ReadonlyMap<string, string> = new Map([
  ['partial', 'a device is missing'],
  ['refresh-needed', 'refresh needed'],
]);

function linesOf<R>(
  columns: readonly Column[],
  rows: readonly R[],
  look: Look,
  cells: (row: R, barWidth: number) => readonly Cell[],
): string[] {
  return fitBars(
    (width, fitted) =>
      tableLines(
        columns,
        rows.map((row) => cells(row, width)),
        fitted,
      ),
    look,
  );
}

function titleOf({ vgName, name, hidden }: LvRow): string {
  return hidden ? `[${vgName}/${name}]` : `${vgName}/${name}`;
}

function typeOf({ lv, status, devices }: Volume): string {
  const isOrigin = devices.some(
    (device) =>
      device !== status && device.segments.some((segment) => segment.status.type === 'snapshot-origin'),
  );
  const inactive = lv.role.includes('thicksnapshot') ? 'snapshot' : lv.segtype;
  const type = status === null || status.error !== null ? inactive : kindsOf(status);
  return isOrigin ? `${type} (origin)` : type;
}

function barOf({ health, text, bar }: RowSummary, width: number, look: Look): Cell {
  return bar === undefined ? '' : barCell({ health: health ?? 'ok', text, bar }, width, look);
}

function healthOf({ health }: RowSummary): Cell {
  return health === null ? '' : { text: health, style: health };
}

function size(bytes: bigint): string {
  return formatSectors(bytes / 512n);
}

function usedBar(total: bigint, free: bigint): Pick<Summary, 'bar'> {
  if (total === 0n || free > total) return {};
  const used = total - free;
  // Shares of a million keep their precision in a number, whatever the sizes.
  return {
    bar: { ratio: Number((used * 1_000_000n) / total) / 1_000_000, percent: lvsPercent(used, total) },
  };
}
