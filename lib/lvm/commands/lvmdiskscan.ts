import { type Operation, operation } from '../operation.ts';
import { flag, type OptionsOf, type OptionTable } from '../option.ts';
import { everything } from '../subject.ts';

/** A block device that lvm may use; `pvs` with `all` has more, and exact sizes. */
export interface ScannedDevice {
  readonly path: string;
  /** As lvm writes it, rounded: `64.00 MiB`. */
  readonly size: string;
  /** Whether it is a physical volume. */
  readonly physicalVolume: boolean;
}

/** What lvmdiskscan counts; for it, every device whose name ends in a digit is a partition. */
export interface ScannedTotals {
  /** Null with `lvmPartition`. */
  readonly disks: number | null;
  /** Null with `lvmPartition`. */
  readonly partitions: number | null;
  readonly physicalVolumeDisks: number;
  readonly physicalVolumePartitions: number;
}

const lvmdiskscanOptions = {
  /** Only physical volumes (`--lvmpartition`). */
  lvmPartition: flag('--lvmpartition'),
} as const satisfies OptionTable;

/** What lvmdiskscan tells. */
export interface LvmdiskscanResult {
  readonly devices: readonly ScannedDevice[];
  /** Null if lvm did not say. */
  readonly totals: ScannedTotals | null;
}

/** Options of `lvm.lvmdiskscan`. */
export interface LvmdiskscanOptions extends OptionsOf<typeof lvmdiskscanOptions> {}

/** Lists the block devices that lvm may use (lvmdiskscan(8)). */
export const lvmdiskscan: Operation<void, LvmdiskscanOptions, LvmdiskscanResult> = operation({
  command: 'lvmdiskscan',
  fixed: [],
  summary: 'Lists the block devices that lvm may use.',
  subject: everything,
  options: lvmdiskscanOptions,
  looks: 'nothing',
  writes: 'text',
  verify({ notes }) {
    const { devices, totals } = parseDevices(notes);
    if (totals === null) return 'it does not say how many devices there are';
    const count = Object.values(totals).reduce((sum: number, one) => sum + (one ?? 0), 0);
    return count === devices.length ? null : `it counts ${count} devices and names ${devices.length}`;
  },
  result: ({ notes }) => parseDevices(notes),
});

/** Reads what lvmdiskscan prints (tools/lvmdiskscan.c). Never throws; other lines are left out. */
export function parseDevices(lines: readonly string[]): LvmdiskscanResult {
  const devices = lines.flatMap((line) => {
    const [, path, size, what] = /^\s*(\/.*?)\s*\[\s*([^\]]*\S)\s*\]\s?(.*?)\s*$/.exec(line) ?? [];
    if (path === undefined || size === undefined) return [];
    return [{ path, size, physicalVolume: what === 'LVM physical volume' }];
  });
  const total = (what: string): number | null => {
    const pattern = new RegExp(`^\\s*(\\d{1,9}) ${what}s?\\s*$`);
    const found = lines.flatMap((line) => pattern.exec(line)?.[1] ?? [])[0];
    return found === undefined ? null : Number(found);
  };
  const physicalVolumeDisks = total('LVM physical volume whole disk');
  const physicalVolumePartitions = total('LVM physical volume');
  if (physicalVolumeDisks === null || physicalVolumePartitions === null) return { devices, totals: null };
  const totals = {
    disks: total('disk'),
    partitions: total('partition'),
    physicalVolumeDisks,
    physicalVolumePartitions,
  };
  return { devices, totals };
}
