import { invalidType, invalidValue, requireOnly } from '../../arguments.ts';
import { requireVolume } from '../../lvm/names.ts';
import { requireBoolean } from '../../lvm/option.ts';
import { type WorkflowOptions, workflowKeys } from '../tools.ts';
import type { RollbackCallbacks } from './rollback-use.ts';

/** Options of `rollback`. */
export interface RollbackOptions extends WorkflowOptions, RollbackCallbacks {
  /** `vg/lv` of the snapshot that its origin is to become, or several of one group, each of another origin. */
  readonly snapshots: string | readonly string[];
  /**
   * What to do if an origin or snapshot is open, after `unmount` if there is one. `refuse` (default): nothing. `defer`:
   * lvm merges it when the origin is activated the next time; the only way for the root file system.
   */
  readonly whenOpen?: 'refuse' | 'defer' | undefined;
  /** Whether to wait until the merges have ended; default true. The origin can be used once they have begun. */
  readonly wait?: boolean | undefined;
  /**
   * Other snapshots (`vg/lv`) of the origins that may overflow, and be lost, by what the merge writes. It is refused with
   * `needs-consent` if one may that is not named.
   */
  readonly allowOverflow?: readonly string[] | undefined;
}

/** Checks every option, and gives the names of the snapshots. Throws a TypeError that names the wrong one. */
export function requireOptions(options: RollbackOptions): readonly string[] {
  requireOnly(options, [
    ...['snapshots', 'whenOpen', 'wait', 'allowOverflow', 'unmount', 'remount'],
    ...workflowKeys,
  ]);
  const { snapshots, whenOpen, wait, allowOverflow, unmount, remount } = options;
  const names = requireNames('snapshots', typeof snapshots === 'string' ? [snapshots] : snapshots);
  if (names.length === 0) throw invalidType('snapshots', 'a snapshot at least', snapshots);
  if (names.some((name) => groupName([name]) !== groupName(names)))
    throw invalidValue('snapshots', 'of one group', names.join(', '));
  if (new Set(names).size !== names.length)
    throw invalidValue('snapshots', 'each of another name', names.join(', '));
  if (whenOpen !== undefined && whenOpen !== 'refuse' && whenOpen !== 'defer')
    throw invalidType('whenOpen', "'refuse' or 'defer'", whenOpen);
  if (wait !== undefined) requireBoolean('wait', wait);
  if (allowOverflow !== undefined) requireNames('allowOverflow', allowOverflow);
  for (const [name, callback] of Object.entries({ unmount, remount }))
    if (callback !== undefined && typeof callback !== 'function')
      throw invalidType(name, 'a function', callback);
  return names;
}

/** The group of these snapshots. */
export function groupName([first = '']: readonly string[]): string {
  return first.split('/')[0] ?? '';
}

function requireNames(argument: string, values: readonly string[]): readonly string[] {
  if (!Array.isArray(values)) throw invalidType(argument, 'vg/lv, or a list of them', values);
  return values.map((value, index) => {
    const { vg, lv } = requireVolume(`${argument}[${index}]`, value);
    return `${vg}/${lv}`;
  });
}
