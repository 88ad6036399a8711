import { requireGroup, requireVolume } from '../names.ts';
import { type NoResult, type Operation, operation } from '../operation.ts';
import { flag, type OptionsOf, type OptionTable, operand, option, requireList } from '../option.ts';
import { everything } from '../subject.ts';

/** A group that vgscan found. */
export interface FoundGroup {
  readonly name: string;
  readonly exported: boolean;
  /** Format of the metadata, `lvm2`. */
  readonly format: string;
}

const vgscanOptions = {
  /** Whether device nodes of active volumes that are missing below /dev are made (`--mknodes`). */
  mknodes: flag('--mknodes'),
} as const satisfies OptionTable;

/** What vgscan tells. */
export interface VgscanResult {
  readonly groups: readonly FoundGroup[];
}

/** Options of `lvm.vgscan`. */
export interface VgscanOptions extends OptionsOf<typeof vgscanOptions> {}

/** Looks for volume groups on all devices (vgscan(8)). */
export const vgscan: Operation<void, VgscanOptions, VgscanResult> = operation({
  command: 'vgscan',
  fixed: [],
  summary: 'Looks for volume groups on all devices.',
  subject: everything,
  options: vgscanOptions,
  looks: 'nothing',
  result: ({ notes }) => ({ groups: parseGroups(notes) }),
});

const vgmknodesOptions = {
  /** Groups, or volumes as vg/lv; default is all. */
  names: operand(
    option<readonly string[]>('', 'groups, or volumes as vg/lv', (value, key) =>
      requireList(key, value).map((name, index) => nameOf(`${key}[${index}]`, name)),
    ),
  ),
  /** Whether active volumes are reloaded from the metadata first (`--refresh`). */
  refresh: flag('--refresh'),
} as const satisfies OptionTable;

/** Options of `lvm.vgmknodes`. */
export interface VgmknodesOptions extends OptionsOf<typeof vgmknodesOptions> {}

/** Makes device nodes below /dev that are missing, and removes those that should not be (vgmknodes(8)). */
export const vgmknodes: Operation<void, VgmknodesOptions, NoResult> = operation({
  command: 'vgmknodes',
  fixed: [],
  summary: 'Puts the device nodes of volumes below /dev right.',
  subject: everything,
  options: vgmknodesOptions,
  looks: 'nothing',
  result: () => ({}),
});

/** Reads what vgscan prints. Never throws; other messages are left out. */
export function parseGroups(notes: readonly string[]): readonly FoundGroup[] {
  return notes.flatMap((note) => {
    const [, exported, name, format] =
      /^\s*Found (exported )?volume group "([^"]+)" using metadata type (\S+)\s*$/.exec(note) ?? [];
    return name === undefined || format === undefined
      ? []
      : [{ name, exported: exported !== undefined, format }];
  });
}

function nameOf(key: string, name: unknown): string {
  if (typeof name !== 'string' || !name.includes('/')) return requireGroup(key, name);
  const { vg, lv } = requireVolume(key, name);
  return `${vg}/${lv}`;
}
