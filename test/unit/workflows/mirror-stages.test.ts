import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logExtents, metadataExtents } from '../../../lib/workflows/mirror/mirror-extents.ts';
import { stagesOf } from '../../../lib/workflows/mirror/mirror-stages.ts';
import type { Room } from '../../../lib/workflows/mirror/placement.ts';

const room = (device: string, ...runs: readonly (readonly [number, number])[]): Room => ({
  device,
  runs: runs.map(([start, size]) => ({ start, size })),
});
const [a, b] = [room('/dev/a', [0, 10]), room('/dev/b', [5, 10])];
const log = room('/dev/c', [7, 1]);
const placed = (legs: readonly (readonly Room[])[], at: Room | null = null) => ({
  ...{ legs, log: at, logIsShared: false },
});

describe('the stages to a mirror', () => {
  it('are one command for a raid1 whose legs are on a device each', () => {
    const placement = placed([[a], [b]]);
    expect(stagesOf({ placement, from: 'nothing', type: 'raid1', copies: 0, wantsLog: false })).toEqual([
      { kind: 'create', copies: 2, devices: ['/dev/a', '/dev/b'], log: null },
    ]);
    expect(stagesOf({ placement, from: 'linear', type: 'raid1', copies: 1, wantsLog: false })).toEqual([
      { kind: 'add', copies: 3, devices: ['/dev/a', '/dev/b'], log: null },
    ]);
  });

  it('name exact extents for a log, so that lvm puts it just there', () => {
    const placement = placed([[a], [b]], log);
    expect(stagesOf({ placement, from: 'nothing', type: 'mirror', copies: 0, wantsLog: true })).toEqual([
      { kind: 'create', copies: 2, devices: ['/dev/a:0-9', '/dev/b:5-14', '/dev/c:7-7'], log: 'disk' },
    ]);
  });

  it('make the log afterwards where lvm could mix it up with a leg on several devices', () => {
    const placement = placed([[a, b]], log);
    expect(stagesOf({ placement, from: 'linear', type: 'mirror', copies: 1, wantsLog: true })).toEqual([
      { kind: 'add', copies: 2, devices: ['/dev/a', '/dev/b'], log: 'core' },
      { kind: 'log', devices: ['/dev/c:7-7'] },
    ]);
    const shared = placed([[a, b]], room('/dev/b', [15, 1]));
    expect(
      stagesOf({ placement: shared, from: 'linear', type: 'mirror', copies: 1, wantsLog: true }),
    ).toEqual([{ kind: 'add', copies: 2, devices: ['/dev/a:0-9', '/dev/b:5-14:15-15'], log: 'disk' }]);
  });

  it('go leg by leg where a leg is on several devices: one command would let lvm mix them', () => {
    const placement = placed([[a, b], [room('/dev/d', [0, 20])]]);
    const stages = stagesOf({ placement, from: 'nothing', type: 'raid1', copies: 0, wantsLog: false });
    expect(stages).toEqual([
      { kind: 'create', copies: 1, devices: ['/dev/a', '/dev/b'], log: null },
      { kind: 'add', copies: 2, devices: ['/dev/d'], log: null },
    ]);
  });

  it('leave room for the metadata of a first copy on a device that it is on, as lvm takes no other', () => {
    const size = (runs: readonly (readonly [number, number])[]) =>
      runs.reduce((sum, [, one]) => sum + one, 0);
    const runsOf = fc
      .array(fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 4 })), { minLength: 1, maxLength: 3 })
      .map((pairs) => {
        let at = 0;
        return pairs.map(([gap, one]) => {
          const start = at + gap;
          at = start + one + 1;
          return [start, one] as const;
        });
      });
    fc.assert(
      fc.property(
        fc.array(runsOf, { minLength: 2, maxLength: 4 }),
        fc.integer({ min: 1, max: 3 }),
        (all, metadata) => {
          fc.pre(all.some((runs) => size(runs) > metadata));
          const leg = all.map((runs, index) => room(`/dev/${index}`, ...runs));
          const placement = placed([leg, [room('/dev/x', [0, 99])]]);
          const plan = {
            placement,
            from: 'nothing',
            type: 'raid1',
            copies: 0,
            wantsLog: false,
            metadata,
          } as const;
          const named = (stagesOf(plan)[0]?.devices ?? []).map((words) => words.split(':').slice(1));
          const left = named.map((ranges, index) => {
            const pairs = ranges.map((range) => range.split('-').map(Number) as [number, number]);
            return size(all[index] ?? []) - pairs.reduce((sum, [from, to]) => sum + to - from + 1, 0);
          });
          // Each device has a part of it, and just one of them all the room for the metadata.
          expect(left).toHaveLength(all.length);
          expect(left.filter((one) => one > 0)).toEqual([metadata]);
        },
      ),
    );
  });

  it('end with all copies, name each device of a leg once, and bring a log exactly once', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 2 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(
        sizes,
        fc.constantFrom('nothing', 'linear', 'mirror'),
        fc.boolean(),
        (legs, from, isMirror) => {
          const type = isMirror ? 'mirror' : 'raid1';
          if (from === 'nothing' && legs.length < 2) return;
          const rooms = legs.map((count, leg) =>
            Array.from({ length: count }, (_, index) => room(`/dev/${leg}${'ab'[index]}`, [0, 5])),
          );
          const wantsLog = isMirror && from !== 'mirror';
          const copies = from === 'nothing' ? 0 : from === 'linear' ? 1 : 2;
          const placement = placed(rooms, wantsLog ? log : null);
          const stages = stagesOf({ placement, from, type, copies, wantsLog });
          expect(stages.findLast((stage) => stage.kind !== 'log')).toMatchObject({
            copies: copies + legs.length,
          });
          const named = stages.flatMap(({ devices }) => devices.map((device) => device.replace(/:.*/, '')));
          expect(new Set(named).size).toBe(named.length);
          expect(named).toEqual(expect.arrayContaining(rooms.flat().map(({ device }) => device)));
          const logs = stages.filter((stage) => stage.kind === 'log' || stage.log === 'disk');
          expect(logs).toHaveLength(wantsLog ? 1 : 0);
        },
      ),
    );
  });
});

describe('the room that a mirror needs besides its data', () => {
  const mebibyte = 1024n * 1024n;

  it('is what lvm takes: an extent for common sizes', () => {
    for (const extents of [1, 20, 5121, 100_000]) {
      expect(metadataExtents({ extents, extentSize: 4n * mebibyte })).toBe(1);
      expect(logExtents({ extents, extentSize: 4n * mebibyte })).toBe(1);
    }
  });

  it('is more where extents are small and regions many', () => {
    // 1 GiB in regions of 4 KiB: 262,144 bits are 32 KiB, and 8 KiB of superblocks or 1 KiB of header come on top.
    const shape = { extents: 262_144, extentSize: 4096n, regionSize: 4096n };
    expect(metadataExtents(shape)).toBe(10);
    expect(logExtents(shape)).toBe(9);
  });

  it('never shrinks as the volume grows', () => {
    fc.assert(
      fc.property(
        fc.nat(10_000_000),
        fc.nat(1000),
        fc.constantFrom(4096n, mebibyte, 4n * mebibyte),
        (extents, more, extentSize) => {
          const of = (count: number) => ({ extents: count, extentSize });
          expect(metadataExtents(of(extents + more))).toBeGreaterThanOrEqual(metadataExtents(of(extents)));
          expect(logExtents(of(extents + more))).toBeGreaterThanOrEqual(logExtents(of(extents)));
        },
      ),
    );
  });
});
