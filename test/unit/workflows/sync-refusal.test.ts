import { describe, expect, it } from 'vitest';
import type { DeviceStatus } from '../../../lib/device.ts';
import { volumeOf } from '../../../lib/lvm/state.ts';
import { decode } from '../../../lib/targets/index.ts';
import { syncRefusal } from '../../../lib/workflows/sync.ts';
import { outOfSync } from '../../../lib/workflows/sync-refusal.ts';
import { groupOf, type MadeLv, mirrorOf, raidOf } from './replace-group.ts';

const device = (target: string, params: string): DeviceStatus => ({
  ...{ name: 'vg-m', uuid: null, major: 254, minor: 3, suspended: false, readOnly: false, openCount: 1 },
  ...{ eventNumber: 0, liveTable: true, inactiveTable: false, deferredRemove: false, internalSuspend: false },
  segments: [{ start: 0, length: 40_960, status: decode(target, params) }],
  error: null,
});

const synced = { lv_initial_image_sync: '1' };
const [first, ...rest] = raidOf('m', 'raid1', 10, ['a', 'b']);
const raid = (fields: Readonly<Record<string, string>> = synced): readonly MadeLv[] => [
  { name: 'm', ...first, fields },
  ...rest,
];
const whole = device('raid', 'raid1 2 AA 40960/40960 idle 0 0 -');

function said(lvs: readonly MadeLv[], status: DeviceStatus | null, missing: readonly string[] = []) {
  const state = { groups: [groupOf({ a: 20, b: 20, c: 20 }, lvs, missing)], orphans: [] };
  const row = volumeOf(state, 'vg/m');
  if (row === undefined) throw new Error('no such volume');
  expect(syncRefusal(state, row, status)).toBe(outOfSync(state, row, status)?.message ?? null);
  return outOfSync(state, row, status);
}

describe('a volume is truly in sync', () => {
  it('if all legs of its raid1 are, at rest, and lvm has synchronised them once', () => {
    expect(said(raid(), whole)).toBeNull();
  });

  it('if all regions of its mirror are, and legs and log are alive', () => {
    const lvs = mirrorOf('m', 10, ['a', 'b'], 'c', synced);
    expect(said(lvs, device('mirror', '2 254:4 254:5 20/20 1 AA 3 disk 254:3 A'))).toBeNull();
  });
});

describe('a volume is not in sync', () => {
  it('if it was made without synchronising, though kernel and lvm read 100 percent', () => {
    expect(said(raid({ lv_initial_image_sync: '0', copy_percent: '100.00' }), whole)).toMatchObject({
      kind: 'never',
      message: expect.stringContaining('--nosync'),
    });
  });

  it('if a device of it is missing, or errors are in its place, though the kernel does not know', () => {
    expect(said(raid(), whole, ['b'])).toMatchObject({
      kind: 'broken',
      message: expect.stringContaining('missing'),
    });
    const hidden = raidOf('m', 'raid1', 10, ['a', 'error']).map((lv) =>
      lv.name === 'm' ? { ...lv, fields: synced } : lv,
    );
    expect(said(hidden, whole)).toMatchObject({
      kind: 'broken',
      message: expect.stringContaining('only errors'),
    });
  });

  it('while a split image is tracked', () => {
    const lvs = raid().map((lv) =>
      lv.name === 'm_rimage_1' ? { ...lv, fields: { ...lv.fields, lv_name: 'm_rimage_1' } } : lv,
    );
    expect(said(lvs, device('raid', 'raid1 2 A- 40960/40960 idle 0 0 -'))).toMatchObject({
      kind: 'broken',
      message: expect.stringContaining('tracks'),
    });
  });

  it.each([
    ['raid1 2 Aa 4096/40960 recover 0 0 -', 'syncing', 'recover'],
    ['raid1 2 aa 0/40960 resync 0 0 -', 'syncing', 'resync'],
    ['raid1 2 AA 4096/40960 check 0 0 -', 'syncing', 'check'],
    ['raid1 2 AD 40960/40960 idle 0 0 -', 'broken', 'image 1'],
    ['raid1 2 AA 40960/40960 idle 128 0 -', 'differs', '128 sectors'],
  ])('by the kernel: raid %s', (params, kind, words) => {
    expect(said(raid(), device('raid', params))).toMatchObject({
      kind,
      message: expect.stringContaining(words),
    });
  });

  it.each([
    ['2 254:4 254:5 19/20 1 AA 3 disk 254:3 A', 'syncing', '95.00 percent'],
    ['2 254:4 254:5 20/20 1 AD 3 disk 254:3 A', 'broken', 'image 1'],
    ['2 254:4 254:5 20/20 1 AA 3 disk 254:3 D', 'broken', 'log'],
  ])('by the kernel: mirror %s', (params, kind, words) => {
    const lvs = mirrorOf('m', 10, ['a', 'b'], 'c', synced);
    expect(said(lvs, device('mirror', params))).toMatchObject({
      kind,
      message: expect.stringContaining(words),
    });
  });

  it('if it is inactive, suspended, has another table, or one copy only', () => {
    expect(said(raid({ ...synced, lv_active: '' }), null)).toMatchObject({ kind: 'other' });
    expect(said(raid(), { ...whole, suspended: true } as DeviceStatus)).not.toBeNull();
    expect(said(raid(), device('linear', ''))).toMatchObject({ kind: 'other' });
    expect(said([{ name: 'm', on: { a: 10 } }], null)).toMatchObject({ kind: 'other' });
  });
});
