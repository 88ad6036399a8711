import { execFile } from 'node:child_process';
import { open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { DeviceMapper } from '../../lib/index.ts';
import { sameAsDmsetup } from './support/compare.ts';
import { dmsetup, readWithDmsetup } from './support/dmsetup.ts';
import { dmCreate, dmRemove, loopDisk, run, volumeGroup } from './support/lab.ts';
import { targetsOffered } from './support/targets.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());

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
    const holders = [await open(`/dev/mapper/${name}`), await open(`/dev/mapper/${name}`)];
    onTestFinished(async () => {
      for (const holder of holders) await holder.close();
    });
    await sameAsDmsetup(dm, name);
    expect(await dm.info(name)).toMatchObject({ openCount: 2 });
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
    const bare = await sameAsDmsetup(dm, 'api-bare');
    expect(bare).toEqual({ status: [], table: [] });
    expect(await dm.info('api-bare')).toMatchObject({ liveTable: false, inactiveTable: false, uuid: null });
    expect((await dm.devices()).find((one) => one.name === 'api-bare')).toMatchObject({
      sectors: 0,
      targets: [],
    });
    await dmRemove('api-bare');
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
