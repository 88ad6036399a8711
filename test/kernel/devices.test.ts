import { spawn } from 'node:child_process';
import { afterAll, describe, expect, it } from 'vitest';
import { type Device, DeviceMapper } from '../../lib/index.ts';
import { testDisk } from './support/disks.ts';
import { dmsetup, readWithDmsetup } from './support/dmsetup.ts';
import { dmCreate, later, run } from './support/lab.ts';
import { sameMoment } from './support/moment.ts';
import { finished, runWithPackage } from './support/package.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());

describe('without any device', async () => {
  const isBare = (await dmsetup('ls')).trim() === 'No devices found';
  const why = isBare ? '' : ' (skipped: this machine has devices of its own)';
  it.skipIf(!isBare)(`all answers are empty${why}`, async () => {
    expect(await Promise.all([dm.devices(), dm.status(), dm.table()])).toEqual([[], [], []]);
    await expect(dm.status('nothing')).rejects.toMatchObject({ reason: 'no-device', code: 'ENXIO' });
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
    expect(told.devices.length).toBeGreaterThanOrEqual(3);
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
    const some = (line: string) => /^api-[^:]+: \d/.test(line);
    expect(ours.filter(some).length).toBeGreaterThan(count);
    expect(ours.filter(some).sort()).toEqual(lines.filter(some).sort());
    const names = answers.status.map(({ name }) => name);
    const each = await Promise.all(names.map((name) => dm.status({ name })));
    expect(each.map(({ name }) => name)).toEqual(names);
  });
});

async function readAllWithDmsetup(): Promise<
  ReadonlyMap<string, Awaited<ReturnType<typeof readWithDmsetup>>>
> {
  const names = (await dmsetup('info', '--columns', '--noheadings', '--options', 'name')).trim().split('\n');
  return new Map(await Promise.all(names.map(async (name) => [name, await readWithDmsetup(name)] as const)));
}
