import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { DeviceMapper } from '../../lib/index.ts';
import {
  addMirror,
  createMirror,
  planAddMirror,
  WorkflowError,
  type WorkflowProgress,
} from '../../lib/workflows/index.ts';
import { lookAtSync } from '../../lib/workflows/sync.ts';
import { type TestDisk, testDisk } from './support/disks.ts';
import { later, run } from './support/lab.ts';
import { openLvm } from './support/lvm.ts';
import { recorded } from './support/recording.ts';
import { remembered } from './support/rollback.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());
const lvm = openLvm({ dm });
const tools = { dm, lvm };
const vg = 'vg_mirror';
let disks: readonly TestDisk[] = [];
const path = (index: number): string => disks[index]?.path ?? '';

// Ten extents of 4 MiB each, the last one twenty.
beforeAll(async () => {
  const made: TestDisk[] = [];
  for (const [index, size] of [41, 41, 41, 41, 81].entries())
    made.push(await testDisk(`mirror-${index}`, size));
  disks = made;
  await lvm.vgcreate(vg, { devices: disks.map((disk) => disk.path) });
  later(async () => {
    await run('vgremove', ['--force', '--yes', vg]);
  });
});

afterEach(async () => {
  await run('lvremove', ['--yes', '--force', vg]);
});

it('a raid1 is made on the named disks, is in sync by the kernel, and is there already the second time', async () => {
  const volume = `${vg}/plain`;
  const options = { volume, size: '16MiB', devices: [path(1), path(3)] } as const;
  const { plan } = await createMirror(tools, { ...options, dryRun: true });
  expect(plan.steps.map(({ name }) => name)).toEqual(['create', 'sync']);
  expect(await names()).not.toContain('plain');
  const seen: WorkflowProgress[] = [];
  const done = await createMirror(tools, { ...options, onProgress: (one) => seen.push(one) });
  expect(done).toMatchObject({ outcome: 'done', inSync: true, volume: { segtype: 'raid1', tags: [] } });
  expect(done.legs.map(({ devices }) => devices)).toEqual([[path(1)], [path(3)]]);
  expect(done.plan).toEqual(plan);
  expect(seen.filter(({ kind }) => kind === 'step-finished')).toHaveLength(2);
  expect((await lookAtSync(tools, volume)).found).toBeNull();

  const again = await createMirror(tools, options);
  expect(again).toMatchObject({ outcome: 'already', inSync: true, plan: { steps: [] } });
  await expect(createMirror(tools, { ...options, size: '20MiB' })).rejects.toMatchObject({
    ...{ name: 'WorkflowError', reason: 'foreign', step: null },
    message: expect.stringContaining('it has 4 extents, not 5'),
  });
});

it('what runs is what was planned, word for word', async () => {
  const volume = `${vg}/words`;
  await lvm.lvcreate.linear(volume, { size: '16MiB', devices: [path(0)] });
  const watched = recorded(lvm);
  const options = { volume, type: 'mirror', copies: 3, log: { device: path(4) } } as const;
  const plan = await planAddMirror(tools, options);
  const done = await addMirror({ dm, lvm: watched.lvm }, options);
  expect(watched.commands).toEqual(plan.steps.flatMap(({ commands }) => commands));
  expect(done.logDevices).toEqual([path(4)]);
  expect(new Set(done.legs.flatMap(({ devices }) => devices)).size).toBe(3);
});

it('legs that need several disks each are kept apart, where lvm alone would put two on one', async () => {
  const volume = `${vg}/wide`;
  await lvm.lvcreate.linear(volume, { size: { extents: 12 }, devices: [`${path(4)}:0-5`, `${path(0)}:0-5`] });
  const done = await addMirror(tools, { volume });
  expect(done.legs[0]?.devices.toSorted()).toEqual([path(0), path(4)].toSorted());
  expect(done.legs[1]?.devices).toHaveLength(2);
  expect(new Set(done.legs.flatMap(({ devices }) => devices)).size).toBe(4);
  expect(done.inSync).toBe(true);
});

it('a mirror whose legs need several disks each is made leg by leg, with its log on a disk of its own', async () => {
  const volume = `${vg}/wider`;
  const devices = [path(0), path(1), path(2), path(3)];
  const done = await createMirror(tools, {
    ...{ volume, type: 'mirror', size: { extents: 15 }, devices, log: { device: path(4) } },
  });
  expect(done.plan.steps.map(({ name }) => name)).toEqual([
    ...['create', 'add-copies-2', 'sync-after-add-copies-2', 'log', 'settle', 'sync', 'filled'],
  ]);
  expect(done).toMatchObject({ inSync: true, logDevices: [path(4)], volume: { tags: [] } });
  expect(done.legs.map((leg) => leg.devices.length)).toEqual([2, 2]);
  expect(new Set(done.legs.flatMap((leg) => leg.devices)).size).toBe(4);
});

it('a raid1 whose first copy would fill a disk leaves its metadata room there, as lvm puts them nowhere else', async () => {
  const volume = `${vg}/tight`;
  const devices = [path(0), path(1), path(2), path(3)];
  const done = await createMirror(tools, { volume, size: { extents: 10 }, devices });
  expect(done).toMatchObject({ inSync: true, volume: { segtype: 'raid1', tags: [] } });
  expect(done.legs.map((leg) => leg.devices.length)).toEqual([2, 2]);
});

it('what the refusal says to add is enough, and one extent less is not', async () => {
  const volume = `${vg}/short`;
  await lvm.lvcreate.linear(volume, { size: { extents: 10 }, devices: [path(0)] });
  await lvm.lvcreate.linear(`${vg}/other`, { size: { extents: 6 }, devices: [path(1)] });
  // Four extents are free on disk 1, and a mirror needs ten, and one for its log.
  const named = { volume, type: 'mirror', devices: [path(1)] } as const;
  const before = await remembered(lvm, vg);
  const refused = await addMirror(tools, named).catch((error: unknown) => error);
  if (!(refused instanceof WorkflowError)) throw new Error('it was to be refused');
  expect(refused).toMatchObject({ reason: 'not-enough-space', step: null, left: [] });
  expect(refused.message).toContain(`${path(1)} has 4; 7 extents are missing`);
  expect(refused.message).toContain('Name more devices');
  expect(await remembered(lvm, vg)).toEqual(before);
  const small = await testDisk('mirror-small', 25);
  const right = await testDisk('mirror-right', 29);
  await lvm.vgextend(vg, { devices: [small.path] });
  await expect(addMirror(tools, { ...named, devices: [path(1), small.path] })).rejects.toMatchObject({
    reason: 'not-enough-space',
    message: expect.stringContaining('1 extent is missing'),
  });
  await lvm.vgreduce.devices(vg, { devices: [small.path] });
  await lvm.vgextend(vg, { devices: [right.path] });
  const done = await addMirror(tools, { ...named, devices: [path(1), right.path] });
  expect(done.legs[1]?.devices.toSorted()).toEqual([path(1), right.path].toSorted());
});

it('a linear volume that fills its disk cannot be a raid1, which is said before anything is changed', async () => {
  const volume = `${vg}/full`;
  await lvm.lvcreate.linear(volume, { size: { extents: 10 }, devices: [path(0)] });
  await expect(addMirror(tools, { volume })).rejects.toMatchObject({
    reason: 'not-enough-space',
    message: expect.stringMatching(/1 extent more for the metadata.*pvmove.*"mirror"/),
  });
});

async function names(): Promise<readonly string[]> {
  return (await lvm.lvs({ targets: [vg] })).map(({ name }) => name);
}
