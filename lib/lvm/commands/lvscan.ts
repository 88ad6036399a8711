import { type Operation, operation } from '../operation.ts';
import { flag, type OptionsOf, type OptionTable } from '../option.ts';
import { everything } from '../subject.ts';

/** A volume as lvscan shows it; `lvs` has more, and exact sizes. */
export interface ScannedVolume {
  /** `/dev/vg/lv`; there is no such file for a hidden volume. */
  readonly path: string;
  /** `vg/lv`. */
  readonly name: string;
  /** Whether it has a device, and, if it is a snapshot, is valid. */
  readonly active: boolean;
  /** `original`: there are snapshots of it. */
  readonly role: 'original' | 'snapshot' | null;
  /** As lvm writes it, rounded: `64.00 MiB`. */
  readonly size: string;
  /** `inherit`, `normal`, `contiguous`, `cling`, `anywhere`. */
  readonly allocationPolicy: string;
}

const lvscanOptions = {
  /** Whether to show hidden volumes, too (`--all`). */
  all: flag('--all'),
} as const satisfies OptionTable;

/** What lvscan tells. */
export interface LvscanResult {
  readonly volumes: readonly ScannedVolume[];
}

/** Options of `lvm.lvscan`. */
export interface LvscanOptions extends OptionsOf<typeof lvscanOptions> {}

/** Lists the volumes of all groups (lvscan(8)). */
export const lvscan: Operation<void, LvscanOptions, LvscanResult> = operation({
  command: 'lvscan',
  fixed: [],
  summary: 'Lists the volumes of all groups.',
  subject: everything,
  options: lvscanOptions,
  looks: 'nothing',
  result: ({ notes }) => ({ volumes: parseVolumes(notes) }),
});

/** Reads what lvscan prints (tools/lvscan.c). Never throws; other messages are left out. */
export function parseVolumes(notes: readonly string[]): readonly ScannedVolume[] {
  return notes.flatMap((note) => {
    const [, state, role, path, size, allocationPolicy] =
      /^\s*(ACTIVE|inactive)\s+(?:(Original|Snapshot)\s+)?'(\/[^']+)' \[([^\]]+)\] (\S+)\s*$/.exec(note) ??
      [];
    if (path === undefined || size === undefined || allocationPolicy === undefined) return [];
    const name = path.split('/').slice(-2).join('/');
    return [
      { path, name, active: state === 'ACTIVE', role: roles.get(role) ?? null, size, allocationPolicy },
    ];
  });
}

const roles: ReadonlyMap<string | undefined, 'original' | 'snapshot'> = new Map([
  ['Original', 'original'],
  ['Snapshot', 'snapshot'],
]);
