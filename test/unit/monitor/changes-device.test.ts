import { describe, expect, it } from 'vitest';
import { DmError } from '../../../lib/errors.ts';
import { changesBetween } from '../../../lib/monitor/changes.ts';
import { kinds, segment, watched } from './devices.ts';

const linear = watched(['linear']);
const bare = watched(['linear'], { uuid: null });
const replaced = ['device-removed', 'device-added'];

describe('a device between two looks', () => {
  it('has not changed if nothing has', () => {
    expect(changesBetween(linear, linear, 7)).toEqual([]);
    expect(changesBetween(linear, watched(['linear']), 7)).toEqual([]);
    expect(changesBetween(undefined, undefined, 7)).toEqual([]);
  });

  it('comes and goes', () => {
    const device = { name: 'vg-lv', uuid: 'LVM-x', major: 254, minor: 3 };
    expect(changesBetween(undefined, linear, 7)).toEqual([
      { kind: 'device-added', at: 7, device, after: linear },
    ]);
    expect(changesBetween(linear, undefined, 7)).toEqual([
      { kind: 'device-removed', at: 7, device, before: linear },
    ]);
  });

  it.each([
    ['uuid', { uuid: 'LVM-y' }],
    ['uuid, now none', { uuid: null }],
    ['number', { minor: 4 }],
    ['number and name', { minor: 4, name: 'vg-other' }],
    ['event counter, fallen: it starts anew with every device', { eventNumber: 4 }],
  ])('is another one if it has another %s', (_, traits) => {
    expect(kinds(changesBetween(linear, watched(['linear'], traits), 7))).toEqual(replaced);
  });

  it('is the same one when its event counter wraps', () => {
    const before = watched(['linear'], { eventNumber: 2 ** 32 - 1 });
    expect(changesBetween(before, watched(['linear'], { eventNumber: 0 }), 7)).toEqual([]);
  });

  it('is renamed if number and uuid stay', () => {
    expect(changesBetween(linear, watched(['linear'], { name: 'vg-new' }), 7)).toEqual([
      {
        kind: 'device-renamed',
        at: 7,
        device: { name: 'vg-new', uuid: 'LVM-x', major: 254, minor: 3 },
        before: 'vg-lv',
        after: 'vg-new',
      },
    ]);
  });

  it('without a uuid is renamed only if its targets stay and there was an event, as a renaming sends', () => {
    const renamed = { uuid: null, name: 'other' };
    const look = (line: string, eventNumber: number) =>
      kinds(changesBetween(bare, watched([line], { ...renamed, eventNumber }), 7));
    expect(look('linear', 6)).toEqual(['device-renamed']);
    expect(look('linear', 5)).toEqual(replaced);
    expect(look('linear', 0)).toEqual(replaced);
    expect(look('zero', 6)).toEqual(replaced);
  });

  it('is suspended and resumed', () => {
    const suspended = watched(['linear'], { suspended: true });
    expect(changesBetween(linear, suspended, 7)).toMatchObject([
      { kind: 'device-suspended', before: { suspended: false }, after: { suspended: true } },
    ]);
    expect(kinds(changesBetween(suspended, linear, 7))).toEqual(['device-resumed']);
  });

  it('goes stale and is fresh again', () => {
    const error = new DmError({ reason: 'timed-out', errno: 110, operation: 'status', device: 'x', log: [] });
    const stale = watched(['linear'], { staleSince: 3, error });
    expect(changesBetween(linear, stale, 7)).toMatchObject([{ kind: 'stale', at: 7, since: 3, error }]);
    expect(changesBetween(stale, stale, 7)).toEqual([]);
    expect(changesBetween(stale, linear, 8)).toMatchObject([{ kind: 'fresh', at: 8, since: 3 }]);
  });

  it('is resized, which takes another table', () => {
    const larger = watched([], { segments: [segment('linear', 0, 1000), segment('linear', 1000, 24)] });
    expect(changesBetween(linear, larger, 7)).toMatchObject([
      { kind: 'device-resized', before: 1000, after: 1024 },
      { kind: 'table-replaced', before: linear.segments, after: larger.segments },
    ]);
  });

  it('is not resized by its first table', () => {
    expect(kinds(changesBetween(watched([]), linear, 7))).toEqual(['table-replaced']);
    expect(kinds(changesBetween(linear, watched([]), 7))).toEqual(['table-replaced']);
  });

  it.each([
    ['another target', 'linear', 'zero'],
    ['other legs', 'mirror 2 7:0 7:1 81/81 1 AA 1 core', 'mirror 2 7:0 7:2 81/81 1 AA 1 core'],
    ['other stripes', 'striped 2 7:0 7:1 1 AA', 'striped 2 7:0 7:2 1 AA'],
    ['a leg more', 'raid raid1 2 AA 8/8 idle 0 0 -', 'raid raid1 3 AAA 8/8 idle 0 0 -'],
    ['a path less', 'multipath 2 0 0 0 1 1 A 0 2 0 7:0 A 0 7:1 A 0', 'multipath 2 0 0 0 1 1 A 0 1 0 7:0 A 0'],
  ])('has another table if it has %s', (_, before, after) => {
    expect(kinds(changesBetween(watched([before]), watched([after]), 7))).toEqual(['table-replaced']);
  });

  it('has no other table because its line is not understood for a while', () => {
    const odd = watched(['raid what is this']);
    const plain = watched(['raid raid1 2 AA 8/8 idle 0 0 -']);
    expect(changesBetween(plain, odd, 7)).toEqual([]);
    expect(changesBetween(odd, plain, 7)).toEqual([]);
  });

  it('tells which of its targets has changed', () => {
    const before = watched(['linear', 'verity V']);
    expect(changesBetween(before, watched(['linear', 'verity C']), 7)).toEqual([
      {
        kind: 'corrupted',
        at: 7,
        device: { name: 'vg-lv', uuid: 'LVM-x', major: 254, minor: 3 },
        segment: 1,
        before: before.segments[1]?.status,
        after: { type: 'verity', params: 'C', corrupted: true, fecCorrectedBlocks: null },
      },
    ]);
  });
});
