import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ChangeKind, DeviceMapper } from '../../lib/index.ts';
import { dmsetup, replaceTable } from './support/dmsetup.ts';
import { dmCreate, dmRemove, type LoopDisk, later, loopDisk, run, volumeGroup } from './support/lab.ts';
import { lasting, nameOf, type Watch, watch } from './support/watch.ts';

const dm = DeviceMapper.open();
// No tick falls into a test.
const noTick = { interval: 3_600_000 };
let disk: LoopDisk;
beforeAll(async () => {
  disk = await loopDisk(32);
});
afterAll(() => dm.close());

// Does something, and expects the change at most 200 ms after that has returned.
async function soon<K extends ChangeKind>(
  watching: Watch,
  act: () => Promise<unknown>,
  kind: K,
  name: string,
) {
  await act();
  const done = performance.now();
  const change = await watching.seen(kind, name, 5);
  expect(change.toldAt - done).toBeLessThan(200);
  return change;
}

describe('a monitor tells within 200 ms, without a tick, that', () => {
  it('a device was added, renamed and removed', async () => {
    const watching = await watch(dm, noTick);
    const added = await soon(watching, () => dmCreate('md-one', '0 8 zero'), 'device-added', 'md-one');
    expect(added.after).toMatchObject({ name: 'md-one', uuid: null, staleSince: null });
    // It may have been seen before it got its table. Without a uuid, that and a new name make another device of it.
    await watching.monitor.until((current) => current.get('md-one')?.segments.length === 1, {
      timeout: 5000,
    });
    const renamed = await soon(
      watching,
      () => dmsetup('rename', 'md-one', 'md-two'),
      'device-renamed',
      'md-two',
    );
    expect(renamed).toMatchObject({ before: 'md-one', after: 'md-two' });
    expect(watching.monitor.current.get('md-two')?.segments).toMatchObject([{ status: { type: 'zero' } }]);
    expect(watching.monitor.current.has('md-one')).toBe(false);
    const removed = await soon(watching, () => dmRemove('md-two'), 'device-removed', 'md-two');
    expect(removed.before).toMatchObject({ name: 'md-two' });
    expect(watching.monitor.current.has('md-two')).toBe(false);
    await sleep(400);
    expect(lasting(watching.kindsOf('md-one'))).toEqual(['device-added']);
    expect(lasting(watching.kindsOf('md-two'))).toEqual(['device-renamed', 'device-removed']);
  });

  it('a device with a uuid was renamed', async () => {
    await dmCreate('md-uuid', '0 8 zero', { uuid: 'MD-uuid' });
    const watching = await watch(dm, noTick);
    const rename = () => dmsetup('rename', 'md-uuid', 'md-uuid2');
    expect(await soon(watching, rename, 'device-renamed', 'md-uuid2')).toMatchObject({ before: 'md-uuid' });
    await dmRemove('md-uuid2');
  });

  it('a volume of LVM was extended', async () => {
    await volumeGroup('mdvg', [await loopDisk(32)], { extentSize: '1m' });
    await run('lvcreate', ['--yes', '--size', '2m', '--name', 'lv', 'mdvg']);
    const watching = await watch(dm, noTick);
    const extend = () => run('lvextend', ['--size', '+3m', 'mdvg/lv']);
    const resized = await soon(watching, extend, 'device-resized', 'mdvg-lv');
    expect(resized).toMatchObject({ before: 4096, after: 10_240 });
    expect(watching.kindsOf('mdvg-lv')).not.toContain('device-removed');
  });

  it('a table was replaced, which moves no event counter of the device', async () => {
    await dmCreate('md-table', `0 2048 linear ${disk.device} 0`);
    const { eventNumber } = await dm.info('md-table');
    const watching = await watch(dm, noTick);
    const replaced = await soon(
      watching,
      () => replaceTable('md-table', `0 1024 linear ${disk.device} 0\n1024 1024 zero`),
      'table-replaced',
      'md-table',
    );
    expect(replaced.before).toMatchObject([{ length: 2048 }]);
    expect(replaced.after).toMatchObject([{ length: 1024 }, { start: 1024, status: { type: 'zero' } }]);
    await soon(
      watching,
      () => replaceTable('md-table', `0 4096 linear ${disk.device} 0`),
      'device-resized',
      'md-table',
    );
    expect((await dm.info('md-table')).eventNumber).toBe(eventNumber);
    await dmRemove('md-table');
  });
});

describe('a device that is removed and made anew under its name between two looks', () => {
  // While this thread waits for the commands, the monitor cannot look; it is given the newest list only.
  const inOneLook = (...commands: readonly string[]) => execFileSync('sh', ['-ec', commands.join('\n')]);

  it('is two changes if it has another uuid', async () => {
    await dmCreate('md-again', '0 8 zero', { uuid: 'MD-before' });
    const watching = await watch(dm, noTick);
    inOneLook('dmsetup remove md-again', "dmsetup create md-again --uuid MD-after --table '0 8 zero'");
    await watching.seen('device-added', 'md-again');
    expect(lasting(watching.kindsOf('md-again'))).toEqual(['device-removed', 'device-added']);
    expect(watching.monitor.current.get('md-again')).toMatchObject({ uuid: 'MD-after' });
    await dmRemove('md-again');
  });

  it('is two changes without a uuid if the old one had more events', async () => {
    await dmCreate('md-older', '0 8 zero');
    await dmsetup('rename', 'md-older', 'md-again');
    const watching = await watch(dm, noTick);
    inOneLook('dmsetup remove md-again', "dmsetup create md-again --table '0 8 zero'");
    await watching.seen('device-added', 'md-again');
    expect(lasting(watching.kindsOf('md-again'))).toEqual(['device-removed', 'device-added']);
    await dmRemove('md-again');
  });

  it('is two changes if another took its number meanwhile', async () => {
    await dmCreate('md-again', '0 8 zero');
    const watching = await watch(dm, noTick);
    inOneLook(
      'dmsetup remove md-again',
      "dmsetup create md-other --table '0 8 zero'",
      "dmsetup create md-again --table '0 8 zero'",
    );
    await watching.seen('device-added', 'md-again');
    await watching.seen('device-added', 'md-other');
    expect(watching.told.filter(({ kind }) => kind === 'device-removed')).toHaveLength(1);
    expect(lasting([...watching.kindsOf('md-again'), ...watching.kindsOf('md-other')])).toHaveLength(3);
    await dmRemove('md-other');
    await dmRemove('md-again');
  });
});

describe('suspending and resuming', () => {
  it('sends no event, and is told after refresh()', async () => {
    await dmCreate('md-rest', '0 8 zero');
    const watching = await watch(dm, noTick);
    await dmsetup('suspend', 'md-rest');
    await watching.monitor.refresh();
    await dmsetup('resume', 'md-rest');
    await watching.monitor.refresh();
    expect(watching.kindsOf('md-rest')).toEqual(['device-suspended', 'device-resumed']);
    await dmRemove('md-rest');
  });
});

describe('2,000 devices that come and go', () => {
  const batches = 4;
  const size = 500;
  const namesOf = (batch: number) => Array.from({ length: size }, (_, index) => `md-many-${batch}-${index}`);
  const create = (batch: number) =>
    dmsetup(
      'create',
      '--concise',
      namesOf(batch)
        .map((name) => `${name},,,rw,0 8 zero`)
        .join(';'),
    );
  const remove = (batch: number) => dmsetup('remove', ...namesOf(batch));

  it('are each added once and removed once, and nothing is left', async () => {
    const before = (await dm.devices()).map(({ name }) => name).sort();
    const isThere = (batch: number) => (current: ReadonlyMap<string, unknown>) =>
      namesOf(batch).every((name) => current.has(name));
    const undo = later(async () => {
      const left = (await dmsetup('ls')).match(/^md-many-\S+/gm);
      if (left !== null) await dmsetup('remove', ...left);
    });
    const watching = await watch(dm, noTick);
    await create(0);
    for (let batch = 0; batch < batches; batch++) {
      await watching.monitor.until(isThere(batch), { timeout: 30_000 });
      // While these go, the next ones come.
      await Promise.all([remove(batch), batch + 1 < batches ? create(batch + 1) : undefined]);
    }
    await watching.monitor.until(({ size }) => size === before.length, { timeout: 30_000 });
    const names = new Set(watching.told.map(nameOf));
    for (let batch = 0; batch < batches; batch++)
      for (const name of namesOf(batch))
        expect(lasting(watching.kindsOf(name))).toEqual(['device-added', 'device-removed']);
    expect(names.size).toBe(batches * size);
    expect([...watching.monitor.current.keys()].sort()).toEqual(before);
    await undo();
  });
});
