import { describe, expect, it } from 'vitest';
import type { DeviceMapper } from '../../../lib/device-mapper.ts';
import { Lvm } from '../../../lib/lvm/index.ts';
import type { LvmState } from '../../../lib/lvm/state.ts';
import { decode } from '../../../lib/targets/index.ts';
import { planAddMirror, planCreateMirror } from '../../../lib/workflows/index.ts';
import type { Tools } from '../../../lib/workflows/tools.ts';
import { groupOf, type MadeLv, mirrorOf, raidOf } from './replace-group.ts';

const whole = 'raid1 2 AA 40960/40960 idle 0 0 -';

// Real operations, and a report and a status that are given: planning runs nothing.
function toolsOf(
  pvs: Readonly<Record<string, number>>,
  lvs: readonly MadeLv[] = [],
  params = whole,
  target = 'raid',
): Tools {
  const state: LvmState = { groups: [groupOf(pvs, lvs)], orphans: [] };
  const segments = [{ start: 0, length: 40_960, status: decode(target, params) }];
  const dm = {
    monitor: () => undefined,
    status: async () => ({ name: 'vg-m', suspended: false, segments, error: null }),
  };
  return {
    dm: dm as unknown as DeviceMapper,
    lvm: { ...Lvm.open(), fullreport: async () => state } as unknown as Tools['lvm'],
  };
}

const ours = 'devmapper.createMirror';
const seen = { lv_initial_image_sync: '1', lv_role: 'public' };
const size = `${10 * 2 ** 20}`;
const linear = (fields: Readonly<Record<string, string>> = {}): MadeLv => ({
  ...{ name: 'm', on: { a: 10 }, fields: { lv_role: 'public', lv_size: size, ...fields } },
});
const [first, ...rest] = raidOf('m', 'raid1', 10, ['a', 'b']);
const raid = (fields: Readonly<Record<string, string>> = {}): readonly MadeLv[] => [
  { name: 'm', ...first, fields: { ...seen, lv_size: size, ...fields } },
  ...rest,
];
const wanted = { volume: 'vg/m', size: { extents: 10 } } as const;

describe('the plan of createMirror', () => {
  it('names the disks with most room, and the commands as they will run', async () => {
    const plan = await planCreateMirror(toolsOf({ a: 12, b: 30, c: 20 }), wanted);
    expect(plan).toMatchObject({ workflow: 'createMirror', subject: 'vg/m', warnings: [] });
    expect(plan.steps.flatMap(({ commands }) => commands.map((words) => words.join(' ')))).toEqual([
      'lvcreate --type raid1 --name m --extents 10 --mirrors 1 -- vg /dev/sdb /dev/sdc',
    ]);
  });

  it('makes leg by leg what does not fit a disk each', async () => {
    const plan = await planCreateMirror(toolsOf({ a: 6, b: 6, c: 6, d: 6 }), wanted);
    expect(plan.steps.map(({ name }) => name)).toEqual(['create', 'add-copies-2', 'settle', 'sync']);
    expect(plan.steps.flatMap(({ commands }) => commands.map((words) => words.join(' ')))).toEqual([
      `lvcreate --type linear --name m --extents 10 --addtag=${ours} -- vg /dev/sda:0-4 /dev/sdb:0-4`,
      'lvconvert --type raid1 --yes --mirrors 1 -- vg/m /dev/sdc /dev/sdd',
      `lvchange --deltag=${ours} -- vg/m`,
    ]);
  });

  it('is empty if the mirror is there, and waits if it is not in sync', async () => {
    const there = toolsOf({ a: 20, b: 20 }, raid());
    await expect(planCreateMirror(there, wanted)).resolves.toMatchObject({ steps: [] });
    const behind = toolsOf({ a: 20, b: 20 }, raid(), 'raid1 2 aa 0/40960 resync 0 0 -');
    expect((await planCreateMirror(behind, wanted)).steps.map(({ name }) => name)).toEqual(['sync']);
    expect((await planCreateMirror(behind, { ...wanted, wait: false })).steps).toEqual([]);
  });

  it('goes on with what an earlier call has left, by its tag', async () => {
    const left = toolsOf({ a: 20, b: 20 }, [linear({ lv_tags: ours })]);
    expect((await planCreateMirror(left, wanted)).steps.map(({ name }) => name)).toEqual([
      ...['add-copies-2', 'settle', 'sync'],
    ]);
    const tagged = toolsOf({ a: 20, b: 20 }, raid({ lv_tags: ours }));
    expect((await planCreateMirror(tagged, wanted)).steps.map(({ name }) => name)).toEqual([
      'settle',
      'sync',
    ]);
  });

  it.each([
    ['a linear volume of nobody knows whom', [linear()], {}, 'of type linear'],
    ['another size', raid(), { size: { extents: 11 } }, '10 extents, not 11'],
    ['another number of copies', raid(), { copies: 3 }, '2 copies, not 3'],
    ['another type', raid(), { type: 'mirror' as const }, 'not mirror'],
  ])('is refused where the name is taken by %s', async (_, lvs, more, words) => {
    await expect(
      planCreateMirror(toolsOf({ a: 20, b: 20, c: 20 }, lvs), { ...wanted, ...more }),
    ).rejects.toMatchObject({
      ...{ reason: 'foreign', step: null },
      message: expect.stringContaining(words),
    });
  });

  it('says which named disk falls short, and what would do', async () => {
    const tools = toolsOf({ a: 30, b: 4, c: 30 });
    const named = { ...wanted, devices: ['/dev/sda', '/dev/sdb'] };
    await expect(planCreateMirror(tools, named)).rejects.toMatchObject({
      reason: 'not-enough-space',
      message: expect.stringMatching(
        /sda has 30, \/dev\/sdb has 4; 7 extents are missing.*\/dev\/sdc there is enough/,
      ),
    });
    await expect(planCreateMirror(tools, { ...wanted, devices: ['/dev/sdx'] })).rejects.toMatchObject({
      reason: 'not-found',
    });
  });
});

describe('the plan of addMirror', () => {
  it('puts no copy where the data is, whatever room is there', async () => {
    const plan = await planAddMirror(toolsOf({ a: 99, b: 11 }, [linear()]), { volume: 'vg/m' });
    expect(plan.steps[0]?.commands[0]).toContain('/dev/sdb');
    await expect(
      planAddMirror(toolsOf({ a: 99, b: 10 }, [linear()]), { volume: 'vg/m' }),
    ).rejects.toMatchObject({
      reason: 'not-enough-space',
      message: expect.stringContaining('1 extent is missing'),
    });
  });

  it('wants the metadata of a raid1 on the disk of the copy that is there', async () => {
    const full = toolsOf({ a: 10, b: 99 }, [linear()]);
    await expect(planAddMirror(full, { volume: 'vg/m' })).rejects.toMatchObject({
      reason: 'not-enough-space',
      message: expect.stringContaining('"mirror"'),
    });
    await expect(planAddMirror(full, { volume: 'vg/m', type: 'mirror' })).resolves.toMatchObject({
      warnings: [expect.stringContaining('disk with a copy'), expect.stringContaining('writers wait')],
    });
  });

  it('adds to a mirror, and waits for its sync before', async () => {
    const behind = toolsOf({ a: 20, b: 20, c: 20 }, raid(), 'raid1 2 aa 0/40960 resync 0 0 -');
    const plan = await planAddMirror(behind, { volume: 'vg/m', copies: 3 });
    expect(plan.steps.map(({ name }) => name)).toEqual(['sync-before', 'add-copies-3', 'sync']);
  });

  it('gives a mirror whose log is in memory one on a disk, if the type is named', async () => {
    const lvs = mirrorOf('m', 10, ['a', 'b'], null, { ...seen, lv_size: size });
    const tools = toolsOf({ a: 20, b: 20, c: 20 }, lvs, '2 254:1 254:2 20/20 1 AA 1 core', 'mirror');
    expect((await planAddMirror(tools, { volume: 'vg/m' })).steps).toEqual([]);
    expect(
      (await planAddMirror(tools, { volume: 'vg/m', type: 'mirror' })).steps.map(({ name }) => name),
    ).toEqual([...['log', 'sync']]);
  });

  it('is refused for a mirror that lost a leg, or was never synchronised', async () => {
    const degraded = toolsOf({ a: 20, b: 20, c: 20 }, raid(), 'raid1 2 AD 40960/40960 idle 0 0 -');
    const never = toolsOf({ a: 20, b: 20, c: 20 }, raid({ lv_initial_image_sync: '0' }));
    for (const tools of [degraded, never])
      await expect(planAddMirror(tools, { volume: 'vg/m', copies: 3 })).rejects.toMatchObject({
        reason: 'not-in-sync',
      });
  });

  it.each([
    ['striped', [{ ...linear(), type: 'striped' }], 'of type striped'],
    ['inactive', [linear({ lv_active: '' })], 'not active'],
    ['a snapshot', [linear({ lv_role: 'public,snapshot' })], 'of type snapshot'],
  ])('is refused for a volume that is %s', async (_, lvs, words) => {
    await expect(planAddMirror(toolsOf({ a: 20, b: 20 }, lvs), { volume: 'vg/m' })).rejects.toMatchObject({
      ...{ reason: 'wrong-type', message: expect.stringContaining(words) },
    });
  });
});

describe('options', () => {
  it.each([
    [{ copies: 1 }, RangeError],
    [{ type: 'raid5' }, TypeError],
    [{ log: 'disk' }, TypeError],
    [{ type: 'mirror', log: 'memory' }, TypeError],
    [{ type: 'mirror', copies: 9 }, RangeError],
    [{ devices: [] }, TypeError],
    [{ devices: ['sdb'] }, TypeError],
    [{ regionSize: 3000 }, RangeError],
    [{ wait: 'yes' }, TypeError],
    [{ size: { percent: 50, of: 'FREE' } }, TypeError],
    [{ size: '10' }, TypeError],
    [{ tags: ['a b'] }, TypeError],
    [{ tags: ['mine', 'devmapper.createMirror'] }, TypeError],
    [{ tags: ['@devmapper.replace:x'] }, TypeError],
    [{ volume: 'm' }, TypeError],
    [{ mirrors: 1 }, TypeError],
  ])('that are wrong are told before anything is looked at: %o', async (wrong, kind) => {
    const options = { ...wanted, ...wrong } as never;
    await expect(planCreateMirror(toolsOf({}), options)).rejects.toBeInstanceOf(kind);
  });

  it('let a log be chosen for type mirror only: else it does not compile', () => {
    const call = () =>
      planCreateMirror(toolsOf({}), { ...wanted, type: 'mirror', log: { device: '/dev/sdc' } });
    // @ts-expect-error a raid1 has no log
    const wrong = () => planCreateMirror(toolsOf({}), { ...wanted, log: 'disk' });
    expect([call, wrong]).toHaveLength(2);
  });
});
