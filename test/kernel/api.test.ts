import { execFile, spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Device, DeviceMapper } from '../../lib/index.ts';
import { sameAsDmsetup } from './support/compare.ts';
import { testDisk } from './support/disks.ts';
import { dmsetup, readWithDmsetup } from './support/dmsetup.ts';
import { dmCreate, dmRemove, later, loopDisk, run, volumeGroup } from './support/lab.ts';
import { sameMoment } from './support/moment.ts';
import { finished, runWithPackage } from './support/package.ts';
import { targetsOffered } from './support/targets.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());

describe('without any device', () => {
  it('all answers are empty', async () => {
    expect((await dmsetup('ls')).trim()).toBe('No devices found');
    expect(await Promise.all([dm.devices(), dm.status(), dm.table()])).toEqual([[], [], []]);
    await expect(dm.status('nothing')).rejects.toMatchObject({ reason: 'no-device', code: 'ENXIO' });
  });
});

describe('a device', () => {
  const vg = 'api-vg';
  const lv = 'api-lv';
  const name = 'api--vg-api--lv';

  beforeAll(async () => {
    await volumeGroup(vg, [await loopDisk(32)], { extentSize: '1m' });
    await run('lvcreate', ['--yes', '--size', '4m', '--name', lv, vg]);
  });

  it('is found by name, uuid, number, vg/lv and path', async () => {
    const wanted = (await readWithDmsetup(name)).info;
    const { uuid, major, minor } = wanted;
    const selectors = [
      name,
      { name },
      { uuid: uuid ?? '' },
      { major, minor },
      `${vg}/${lv}`,
      `/dev/mapper/${name}`,
      `/dev/${vg}/${lv}`,
    ];
    for (const selector of selectors) {
      expect(await dm.info(selector)).toMatchObject(wanted);
      expect(await dm.status(selector)).toMatchObject({ name, segments: [{ status: { type: 'linear' } }] });
      expect(dm.statusSync(selector)).toEqual(await dm.status(selector));
      expect(await dm.table(selector)).toMatchObject({ name, segments: [{ table: { type: 'linear' } }] });
      expect(await dm.dependencies(selector)).toHaveLength(1);
    }
  });

  it('counts who has it open', async () => {
    const holder = spawn('sleep', ['60'], {
      stdio: [(await open(`/dev/mapper/${name}`)).fd, 'ignore', 'ignore'],
    });
    onTestFinished(() => void holder.kill());
    expect(
      (
        await sameMoment(
          () => readWithDmsetup(name),
          () => dm.info(name),
        )
      ).ours.openCount,
    ).toBe(2);
    await sameAsDmsetup(dm, name);
  });

  it('that is suspended, read-only, without a table, or with a second one says so', async () => {
    const { device } = await loopDisk(8);
    await dmCreate('api-state', `0 2048 linear ${device} 0`);
    await dmsetup('suspend', 'api-state');
    await sameAsDmsetup(dm, 'api-state');
    expect(await dm.info('api-state')).toMatchObject({ suspended: true, liveTable: true });
    await dmsetup('load', 'api-state', '--readonly', '--table', `0 4096 linear ${device} 2048`);
    const { table } = await sameAsDmsetup(dm, 'api-state');
    expect(table).toMatchObject([{ start: 0 }]);
    expect(await dm.info('api-state')).toMatchObject({ inactiveTable: true, readOnly: false });
    await dmsetup('resume', 'api-state');
    await sameAsDmsetup(dm, 'api-state');
    expect(await dm.info('api-state')).toMatchObject({
      suspended: false,
      readOnly: true,
      inactiveTable: false,
    });

    await dmsetup('create', 'api-bare', '--notable');
    later(() => dmRemove('api-bare'));
    const bare = await sameAsDmsetup(dm, 'api-bare');
    expect(bare).toEqual({ status: [], table: [] });
    expect(await dm.info('api-bare')).toMatchObject({ liveTable: false, inactiveTable: false, uuid: null });
    expect((await dm.devices()).find((one) => one.name === 'api-bare')).toMatchObject({
      sectors: 0,
      targets: [],
    });
  });

  it('that waits for its last user to go says so', async () => {
    await dmCreate('api-deferred', '0 8 zero');
    const holder = await open('/dev/mapper/api-deferred');
    await dmsetup('remove', '--deferred', 'api-deferred');
    expect(await dm.info('api-deferred')).toMatchObject({ deferredRemove: true, openCount: 1 });
    await holder.close();
    await expect(dm.info('api-deferred')).rejects.toMatchObject({ reason: 'no-device' });
  });
});

describe('all devices', () => {
  it('are those of dmsetup, with its state and dependencies, and the sizes of blockdev', async () => {
    await testDisk('api-disk', 8);
    await dmCreate('api-top', '0 2048 linear /dev/mapper/api-disk 8\n2048 512 zero', { uuid: 'API-top' });
    const { ours, reference } = await sameMoment(readAllWithDmsetup, () => dm.devices());
    expect(ours.map(({ name }) => name).sort()).toEqual([...reference.keys()].sort());
    for (const device of ours) {
      const reading = reference.get(device.name);
      expect(device).toMatchObject({
        ...reading?.info,
        source: 'ioctl',
        dependencies: reading?.dependencies,
      });
      const size = (await run('blockdev', ['--getsz', `/dev/mapper/${device.name}`])).stdout.trim();
      expect(device.sectors).toBe(Number(size));
    }
    const top = ours.find(({ name }) => name === 'api-top');
    expect(top).toMatchObject({ uuid: 'API-top', sectors: 2560, targets: ['linear', 'zero'] });
  });

  it('are there without privilege from sysfs, with the same names, uuids, numbers, sizes and disks', async () => {
    await dmCreate('api-still', '0 8 zero');
    await dmsetup('suspend', 'api-still');
    const told = (await runWithPackage(
      `const dm = DeviceMapper.open();
       const refused = await dm.status('api-top').then(() => null, ({ reason, code, message }) => ({ reason, code, message }));
       report({ devices: await dm.devices(), refused, user: process.getuid() });
       dm.close();`,
      ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=-all'],
    )) as { readonly devices: readonly Device[]; readonly refused: unknown; readonly user: number };
    expect(told.user).toBe(65_534);
    expect(told.refused).toMatchObject({
      reason: 'no-privilege',
      code: expect.stringMatching(/^E(?:ACCES|PERM)$/),
      message: expect.stringContaining('CAP_SYS_ADMIN'),
    });
    const sort = (devices: readonly Device[]) =>
      devices
        .map(({ name, uuid, major, minor, sectors, suspended, dependencies }) => ({
          ...{ name, uuid, major, minor, sectors, suspended },
          dependencies: [...dependencies].sort(),
        }))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
    expect(told.devices.map(({ source }) => source)).not.toContain('ioctl');
    expect(sort(told.devices)).toEqual(sort(await dm.devices()));
    expect(told.devices.find(({ name }) => name === 'api-still')).toMatchObject({ suspended: true });
    expect(told.devices.length).toBeGreaterThan(3);
    await dmsetup('resume', 'api-still');
  });

  it('leave out one that is removed between the list and its turn', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `api-brief-${index}`);
    const churn = finished(
      spawn(
        'sh',
        [
          '-c',
          names
            .map((name) => `dmsetup create ${name} --table '0 8 zero' && dmsetup remove --retry ${name}`)
            .join(' && '),
        ],
        { stdio: ['ignore', 'pipe', 'pipe'] },
      ),
    );
    let isDone = false;
    const done = churn.finally(() => {
      isDone = true;
    });
    const seen = new Set<string>();
    while (!isDone) {
      for (const { name, error } of await dm.status()) {
        expect(error).toBeNull();
        seen.add(name);
      }
      for (const { name } of await dm.devices()) seen.add(name);
    }
    await done;
    expect(names.some((name) => seen.has(name))).toBe(true);
  });

  it('are answered when there are 300 more', async () => {
    const count = 300;
    // One process makes them all: it reads commands of its own from standard input.
    const concise = Array.from({ length: count }, (_, index) => `api-many-${index},,,rw,0 ${index + 1} zero`);
    await dmsetup('create', '--concise', concise.join(';'));
    later(async () => {
      const names = Array.from({ length: count }, (_, index) => `api-many-${index}`);
      await dmsetup('remove', ...names);
    });
    const answers = { devices: await dm.devices(), status: await dm.status(), table: await dm.table() };
    for (const answer of Object.values(answers)) {
      const many = answer.filter(({ name }) => name.startsWith('api-many-'));
      expect(many).toHaveLength(count);
    }
    for (const { name, sectors } of answers.devices.filter((one) => one.name.startsWith('api-many-')))
      expect(name).toBe(`api-many-${sectors - 1}`);
    const lines = (await dmsetup('status'))
      .trim()
      .split('\n')
      .map((line) => line.trim());
    const ours = answers.status.flatMap(({ name, segments }) =>
      segments.map(({ start, length, status }) =>
        `${name}: ${start} ${length} ${status.type} ${status.params}`.trim(),
      ),
    );
    expect(ours.sort()).toEqual(lines.sort());
    const names = answers.status.map(({ name }) => name);
    const each = await Promise.all(names.map((name) => dm.status({ name })));
    expect(each.map(({ name }) => name)).toEqual(names);
  });
});

describe('the kernel and the library', () => {
  it('targets are those of dmsetup targets', async () => {
    const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
    expect([...(await dm.targets())].sort(byName)).toEqual([...(await targetsOffered())].sort(byName));
  });

  it('versions are those of dmsetup version', async () => {
    const { library, driver } = await dm.version();
    expect(await dmsetup('version')).toBe(`Library version:   ${library}\nDriver version:    ${driver}\n`);
  });
});

describe('a program started after a question', () => {
  it('inherits no descriptor of the control device, so that LVM has no leak to complain of', async () => {
    await dm.status();
    const own = (await run('ls', ['-l', `/proc/${process.pid}/fd`])).stdout;
    expect(own).toContain('/dev/mapper/control');
    const { stdout } = await promisify(execFile)('ls', ['-l', '/proc/self/fd']);
    expect(stdout).not.toContain('/dev/mapper/control');
    const { stderr } = await run('lvs', []);
    expect(stderr).not.toMatch(/leaked/);
  });
});

async function readAllWithDmsetup(): Promise<
  ReadonlyMap<string, Awaited<ReturnType<typeof readWithDmsetup>>>
> {
  const names = (await dmsetup('info', '--columns', '--noheadings', '--options', 'name')).trim().split('\n');
  return new Map(await Promise.all(names.map(async (name) => [name, await readWithDmsetup(name)] as const)));
}
