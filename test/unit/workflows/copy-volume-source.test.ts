import { describe, expect, it } from 'vitest';
import { isOnlyRead, originalOf } from '../../../lib/workflows/copy/copy-volume-source.ts';
import { requireVolumeIn } from '../../../lib/workflows/lvm-step.ts';
import { parseMountinfo } from '../../../lib/workflows/system/mounts.ts';
import type { User } from '../../../lib/workflows/system/users.ts';
import { stateOf } from '../lvm/commands/rows.ts';

const state = stateOf(
  { lv_name: 'o', segtype: 'raid1', lv_role: 'public,origin,thickorigin' },
  { lv_name: 's', origin: 'o', lv_role: 'public,snapshot,thicksnapshot' },
  { lv_name: 't', origin: 'o', segtype: 'thin', lv_role: 'public,snapshot,thinsnapshot' },
  { lv_name: 'c', origin: '[c_corig]', segtype: 'cache', lv_role: 'public' },
  { lv_name: 'o_rimage_1', lv_role: 'public' },
);

describe('what a volume shows the past of', () => {
  it.each([
    ['s', 'vg/o'],
    ['t', 'vg/o'],
    ['o_rimage_1', 'vg/o'],
    ['c', null],
    ['o', null],
  ])('is for %s %s', (name, original) => {
    expect(originalOf(state, requireVolumeIn(state, `vg/${name}`))).toBe(original);
  });
});

describe('a volume that is in use', () => {
  const users = (...kinds: readonly User['kind'][]): readonly User[] =>
    kinds.map((kind) => ({ kind, text: 'uses it' }));
  const mount = (own: string, shared: string) =>
    parseMountinfo(`1 0 8:1 / /a ${own} - ext4 /dev/sda1 ${shared}`);

  it('is only read by a mount of a file system that is read-only', () => {
    expect(isOnlyRead(users('mount'), mount('ro', 'ro'))).toBe(true);
  });

  it.each([
    ['mounted in another mount namespace only', users('mount'), []],
    ['read-only here, while its file system is not', users('mount'), mount('ro', 'rw')],
    ['open once more than its mount accounts for', users('mount', 'unknown'), mount('ro', 'ro')],
    ['opened by a process', users('mount', 'process'), mount('ro', 'ro')],
  ])('may be written to if it is %s', (_, who, mounts) => {
    expect(isOnlyRead(who, mounts)).toBe(false);
  });
});
