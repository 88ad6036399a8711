import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Disk,
  type Need,
  place,
  type Room,
  rangesOf,
  sizeOf,
} from '../../../lib/workflows/mirror/placement.ts';
import { shortageOf } from '../../../lib/workflows/mirror/placement-refusal.ts';

const plainDisk = (name: string, size: number): Disk => ({
  name,
  rooms: [{ device: `/dev/${name}`, runs: size === 0 ? [] : [{ start: 0, size }] }],
});

const runs = fc
  .array(fc.record({ gap: fc.integer({ min: 1, max: 5 }), size: fc.integer({ min: 1, max: 12 }) }), {
    maxLength: 3,
  })
  .map((parts) => {
    let at = 0;
    return parts.map(({ gap, size }) => {
      const start = at + gap;
      at = start + size;
      return { start, size };
    });
  });

const groups = fc.array(fc.array(runs, { minLength: 1, maxLength: 2 }), { maxLength: 6 }).map((disks) =>
  disks.map(
    (rooms, disk): Disk => ({
      name: `d${disk}`,
      rooms: rooms.map((all, room): Room => ({ device: `/dev/d${disk}p${room}`, runs: all })),
    }),
  ),
);

const needs = fc.record({
  legs: fc.integer({ min: 1, max: 4 }),
  extents: fc.integer({ min: 1, max: 20 }),
  logExtents: fc.integer({ min: 0, max: 2 }),
  taken: fc.subarray(['d0', 'd3']),
});

const diskOf = ({ device }: Room): string => /d\d+/.exec(device)?.[0] ?? '';
const extentsOf = ({ device, runs: all }: Room): readonly string[] =>
  all.flatMap(({ start, size }) => Array.from({ length: size }, (_, index) => `${device}:${start + index}`));

describe('a placement', () => {
  it('takes the named order: one disk for each leg where one has the room', () => {
    const disks = [plainDisk('sdc', 10), plainDisk('sda', 30), plainDisk('sdb', 12)];
    const found = place(disks, disks, { legs: 2, extents: 10, logExtents: 1 });
    expect(found?.legs.map((leg) => leg.map(rangesOf))).toEqual([['/dev/sdc:0-9'], ['/dev/sda:0-9']]);
    expect(found).toMatchObject({
      log: { device: '/dev/sdb', runs: [{ start: 0, size: 1 }] },
      logIsShared: false,
    });
  });

  it('spreads a leg over several disks only where none has the room, and never shares one', () => {
    const disks = [plainDisk('a', 6), plainDisk('b', 6), plainDisk('c', 4), plainDisk('d', 4)];
    const found = place(disks, disks, { legs: 2, extents: 10, logExtents: 0 });
    const on = found?.legs.map((leg) => new Set(leg.map(({ device }) => device)));
    expect(on?.map((devices) => devices.size)).toEqual([2, 2]);
    expect(new Set(on?.flatMap((devices) => [...devices])).size).toBe(4);
  });

  it('finds the one way to share disks out where taking the largest first does not', () => {
    // 8+2 and 5+5; whoever puts 5 to 8 has too little left.
    const disks = [plainDisk('a', 8), plainDisk('b', 5), plainDisk('c', 5), plainDisk('d', 2)];
    expect(place(disks, disks, { legs: 2, extents: 10, logExtents: 0 })).not.toBeNull();
  });

  it('puts the log beside a copy only where there is no other disk, and says so', () => {
    const disks = [plainDisk('a', 10), plainDisk('b', 11)];
    expect(place(disks, disks, { legs: 2, extents: 10, logExtents: 1 })).toMatchObject({
      log: { device: '/dev/b', runs: [{ start: 10, size: 1 }] },
      logIsShared: true,
    });
    const named = { legs: 1, extents: 10, logExtents: 1, logDevice: '/dev/a', taken: ['a'] };
    expect(place(disks, disks, named)).toMatchObject({ log: { device: '/dev/a' }, logIsShared: true });
  });

  it('is on free extents only, each used once, with the legs on disks apart and none where a copy is', () => {
    fc.assert(
      fc.property(groups, needs, (disks, need) => {
        const found = place(disks, disks, need);
        if (found === null) return;
        const free = new Set(disks.flatMap(({ rooms }) => rooms.flatMap(extentsOf)));
        const used = [...found.legs.flat(), ...(found.log === null ? [] : [found.log])].flatMap(extentsOf);
        expect(used.filter((extent) => !free.has(extent))).toEqual([]);
        expect(new Set(used).size).toBe(used.length);
        expect(found.legs.map((leg) => leg.reduce((sum, room) => sum + sizeOf(room), 0))).toEqual(
          Array.from({ length: need.legs }, () => need.extents),
        );
        const on = found.legs.flatMap((leg) => [...new Set(leg.map(diskOf))]);
        expect(new Set(on).size).toBe(on.length);
        expect(on.filter((disk) => need.taken.includes(disk))).toEqual([]);
        expect(found.log === null ? 0 : sizeOf(found.log)).toBe(need.logExtents);
        if (found.log !== null)
          expect(found.logIsShared).toBe(
            on.includes(diskOf(found.log)) || need.taken.includes(diskOf(found.log)),
          );
      }),
    );
  });

  it('is found whenever there is one: as trying all ways to give disks to legs says', () => {
    fc.assert(
      fc.property(
        groups,
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 20 }),
        (disks, legs, extents) => {
          const found = place(disks, disks, { legs, extents, logExtents: 0 });
          expect(found !== null).toBe(canShareOut(disks, legs, extents));
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('what is missing', () => {
  const added = (disks: readonly Disk[], count: number, size: number): readonly Disk[] => [
    ...disks,
    ...Array.from({ length: count }, (_, index) => plainDisk(`new${index}`, size)),
  ];

  it('is nothing where there is room', () => {
    const disks = [plainDisk('a', 10)];
    expect(shortageOf(disks, disks, { legs: 1, extents: 10, logExtents: 0 })).toBeNull();
  });

  it('is, for one leg, the difference', () => {
    const disks = [plainDisk('a', 4), plainDisk('b', 3)];
    expect(shortageOf(disks, disks, { legs: 1, extents: 10, logExtents: 0 })).toEqual({
      disks: 1,
      extents: 3,
    });
  });

  it('is enough when it is added, and with an extent or a disk less it is not', () => {
    fc.assert(
      fc.property(groups, needs, (disks, need: Need) => {
        const shortage = shortageOf(disks, disks, need);
        const isEnough = (count: number, size: number): boolean => {
          const all = added(disks, count, size);
          return place(all, all, need) !== null;
        };
        expect(isEnough(0, 0)).toBe(shortage === null);
        if (shortage === null) return;
        expect(isEnough(shortage.disks, shortage.extents)).toBe(true);
        expect(isEnough(shortage.disks, shortage.extents - 1)).toBe(false);
        expect(isEnough(shortage.disks - 1, need.extents + need.logExtents)).toBe(false);
      }),
      { numRuns: 60 },
    );
  });
});

function canShareOut(disks: readonly Disk[], legs: number, extents: number): boolean {
  const sizes = disks.map(({ rooms }) => rooms.reduce((sum, room) => sum + sizeOf(room), 0));
  const tryFrom = (index: number, have: readonly number[]): boolean => {
    if (have.every((one) => one >= extents)) return true;
    const size = sizes[index];
    return size !== undefined && have.some((one, leg) => tryFrom(index + 1, have.with(leg, one + size)));
  };
  return tryFrom(
    0,
    Array.from({ length: legs }, () => 0),
  );
}
