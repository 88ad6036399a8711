import { describe, expect, it } from 'vitest';
import { damageOf } from '../../../lib/workflows/replace/degraded.ts';
import { planRepairs } from '../../../lib/workflows/replace/replace-plan.ts';
import type { Spare } from '../../../lib/workflows/replace/spare.ts';
import { groupOf, integrityOf, type MadeLv, mirrorOf, raidOf, uuidOf, wellMirrors } from './replace-group.ts';

const spare = (letter: string, free: number): Spare => ({ path: `/dev/sd${letter}`, uuid: null, free });
const all = { a: 100, b: 100, c: 100, d: 100 };

function plan(
  lvs: readonly MadeLv[],
  bad: Readonly<Record<string, 'missing' | 'failing'>>,
  spares: readonly Spare[],
) {
  const missing = Object.keys(bad).filter((letter) => bad[letter] === 'missing');
  const failing = Object.keys(bad).filter((letter) => bad[letter] === 'failing');
  const group = groupOf(all, lvs, missing);
  const damage = damageOf(group, new Set(Object.keys(bad).map(uuidOf)), wellMirrors(group));
  const sets = { missing: new Set(missing.map(uuidOf)), failing: new Set(failing.map(uuidOf)) };
  return planRepairs(group, damage, sets, spares);
}

describe('a disk that is missing', () => {
  it('is replaced by lvm itself, first in mirrors, whose writers wait; a log keeps its place', () => {
    const tags = [`devmapper.replace:mirror:2:disk:${uuidOf('c')}`, `devmapper.filling:${uuidOf('b')}`];
    const lvs = [...raidOf('r', 'raid1', 10, ['a', 'b']), ...mirrorOf('m', 20, ['a', 'b'], 'c')];
    expect(plan(lvs, { a: 'missing' }, [spare('d', 99)])).toEqual({
      before: [
        { kind: 'repair', volume: 'vg/m', devices: ['/dev/sdd', '/dev/sdc:0-0'] },
        { kind: 'repair', volume: 'vg/r', devices: ['/dev/sdd'] },
      ],
      after: [],
      notes: [{ volume: 'vg/m', tags }],
      forget: [{ volume: 'vg/m', tags }],
    });
  });

  it('of a log makes the log anew where no copy is, if there is such a disk', () => {
    const lvs = mirrorOf('m', 20, ['a', 'b'], 'c');
    expect(plan(lvs, { c: 'missing' }, [spare('b', 70), spare('d', 9)])).toMatchObject({
      before: [{ kind: 'repair', volume: 'vg/m', devices: ['/dev/sdd'] }],
      notes: [{ tags: ['devmapper.replace:mirror:2:disk'] }],
    });
    expect(plan(lvs, { c: 'missing' }, [spare('b', 70)])).toMatchObject({
      before: [{ kind: 'repair', volume: 'vg/m', devices: ['/dev/sdb'] }],
    });
  });

  it('and of which only errors are left, is replaced where lvm finds room, as it takes no list then', () => {
    expect(plan(raidOf('r', 'raid1', 10, ['error', 'b']), {}, [spare('a', 50)])).toMatchObject({
      before: [{ kind: 'repair', volume: 'vg/r', devices: null }],
      notes: [],
    });
  });

  it('gets no new copy on a disk that has one, and one that fits nowhere is told', () => {
    const lvs = raidOf('r', 'raid1', 60, ['a', 'b']);
    const short = plan(lvs, { a: 'missing' }, [spare('b', 80), spare('c', 60)]);
    expect(short).toMatchObject({
      shortage: {
        need: { name: 'vg/r', extents: 61, images: 1 },
        candidates: [{ path: '/dev/sdc', free: 60 }],
      },
    });
  });
});

describe('an image with integrity', () => {
  it('needs room for its data and its metadata', () => {
    const lvs = integrityOf('r', 40, ['a', 'b']);
    expect(plan(lvs, { a: 'missing' }, [spare('c', 42)])).toMatchObject({
      shortage: { need: { name: 'vg/r', extents: 43, avoid: new Set(['/dev/sdb']) } },
    });
    expect(plan(lvs, { a: 'missing' }, [spare('c', 43)])).toMatchObject({
      before: [{ kind: 'repair', volume: 'vg/r', devices: ['/dev/sdc'] }],
    });
  });
});

describe('a disk that is there and fails', () => {
  it('under a part of an image is dropped with all disks of that, by which lvm knows it', () => {
    const lvs = mirrorOf('m', 20, ['a', 'b'], 'c').map((lv) =>
      lv.name === 'm_mimage_1' ? { ...lv, on: { b: 12, d: 8 } } : lv,
    );
    const dropped = (made: readonly MadeLv[]) => {
      const done = plan(made, { b: 'failing' }, [spare('e', 99)]);
      return 'before' in done ? done.before : done;
    };
    expect(dropped(lvs)).toMatchObject([{ kind: 'drop', mirrors: 0, devices: ['/dev/sdb', '/dev/sdd'] }]);
    // Not if that takes a good one with it.
    const together = lvs.map((lv) => (lv.name === 'm_mimage_0' ? { ...lv, on: { d: 20 } } : lv));
    expect(() => dropped(together)).toThrow(/vg\/m has a good copy only on .*lvm could drop either/);
  });

  it('is left by RAID images, and dropped by mirrors, which get a copy again', () => {
    const lvs = [...mirrorOf('m', 20, ['a', 'b'], 'c'), ...raidOf('r', 'raid1', 10, ['a', 'b'])];
    expect(plan(lvs, { a: 'failing' }, [spare('d', 99)])).toMatchObject({
      before: [
        { kind: 'drop', volume: 'vg/m', mirrors: 0, devices: ['/dev/sda'] },
        { kind: 'replace', volume: 'vg/r', replace: ['/dev/sda'], devices: ['/dev/sdd'] },
      ],
      after: [
        { kind: 'remirror', volume: 'vg/m', mirrors: 1, log: 'disk', devices: ['/dev/sdd', '/dev/sdc:0-0'] },
      ],
    });
  });

  it('loses a log that is on it to memory, and gives it a disk again', () => {
    expect(plan(mirrorOf('m', 20, ['a', 'b'], 'c'), { c: 'failing' }, [spare('d', 9)])).toMatchObject({
      before: [{ kind: 'drop-log', volume: 'vg/m' }],
      after: [{ kind: 'relog', volume: 'vg/m', devices: ['/dev/sdd'] }],
    });
  });
});

describe('what an earlier run has left', () => {
  const tag = `devmapper.replace:mirror:2:disk:${uuidOf('c')}`;
  const filling = `devmapper.filling:${uuidOf('b')}`;

  it('is a volume that was a mirror: it becomes one again, with its log where that was', () => {
    const lvs = [{ name: 'm', on: { b: 20 }, fields: { lv_tags: tag } }];
    expect(plan(lvs, {}, [spare('b', 80), spare('c', 100), spare('d', 99)])).toEqual({
      before: [],
      after: [
        { kind: 'remirror', volume: 'vg/m', mirrors: 1, log: 'disk', devices: ['/dev/sdd', '/dev/sdc:0-0'] },
      ],
      notes: [{ volume: 'vg/m', tags: [filling] }],
      forget: [{ volume: 'vg/m', tags: [tag, filling] }],
    });
  });

  it('is a note that is no longer needed, and is removed', () => {
    const lvs = mirrorOf('m', 20, ['a', 'b'], 'c', { lv_tags: `${tag},${filling},mine` });
    expect(plan(lvs, {}, [])).toEqual({
      before: [],
      after: [],
      notes: [],
      forget: [{ volume: 'vg/m', tags: [tag, filling] }],
    });
  });

  it('is nothing in a volume of which nobody noted anything', () => {
    expect(plan([{ name: 'm', on: { b: 20 }, fields: { lv_tags: 'devmapper.rollback:x' } }], {}, [])).toEqual(
      {
        before: [],
        after: [],
        notes: [],
        forget: [],
      },
    );
  });
});

describe('a note', () => {
  const tag = 'devmapper.replace:mirror:2:core';

  it('stays on a volume that is lost itself, and on none that is no mirror any more', () => {
    const lost = mirrorOf('m', 20, ['a', 'b'], null, { lv_tags: tag });
    expect(plan(lost, { a: 'missing', b: 'missing' }, [spare('d', 99)])).toEqual({
      ...{ before: [], after: [], notes: [], forget: [] },
    });
    const raid = raidOf('r', 'raid1', 10, ['a', 'b']).map((lv) =>
      lv.name === 'r' ? { ...lv, fields: { lv_tags: tag } } : lv,
    );
    expect(plan(raid, {}, [])).toMatchObject({ after: [], forget: [{ volume: 'vg/r', tags: [tag] }] });
  });

  it('stays on a hidden part of a volume that is lost, which gets no copy', () => {
    const pool = (type: string): readonly MadeLv[] => [
      { name: 'pool', type, parts: ['data', 'bad'], fields: { data_lv: '[data]', metadata_lv: '[bad]' } },
      { name: 'data', on: { b: 20 }, fields: { lv_name: '[data]', lv_tags: tag } },
      { name: 'bad', on: { a: 2 }, fields: { lv_name: '[bad]' } },
    ];
    expect(plan(pool('thin-pool'), { a: 'missing' }, [spare('d', 99)])).toEqual({
      ...{ before: [], after: [], notes: [], forget: [] },
    });
  });
});
