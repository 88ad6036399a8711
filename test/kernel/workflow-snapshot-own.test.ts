import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeviceMapper } from '../../lib/index.ts';
import { type WorkflowProgress, withSnapshot } from '../../lib/workflows/index.ts';
import { dmCreate, dmRemove, loopDisk, run, volumeGroup } from './support/lab.ts';
import { openLvm } from './support/lvm.ts';
import { mounted, remains, withExt4 } from './support/snapshots.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());
const tools = { dm, lvm: openLvm({ dm }) };
const vg = 'wo';
let untouched: readonly string[] = [];

beforeAll(async () => {
  await volumeGroup(vg, [await loopDisk(160)]);
  for (const lv of ['home', 'srv']) await withExt4(vg, lv, 16);
  untouched = await remains(vg);
});

describe('what a run of withSnapshot has made', () => {
  it('is its own: another one, of another volume, that wants its name has to wait, and takes nothing away', async () => {
    const name = 'copy';
    const done = await withSnapshot(tools, { volumes: `${vg}/home`, name }, async ([snapshot]) => {
      const second = withSnapshot(tools, { volumes: `${vg}/srv`, name }, () => 0);
      await expect(second).rejects.toMatchObject({
        ...{ reason: 'busy', message: expect.stringContaining('another workflow is at wo/copy') },
      });
      return (await tools.lvm.lvs({ targets: [snapshot?.name ?? ''] }))[0]?.origin;
    });
    expect(done.value).toBe('home');
    expect(await remains(vg)).toEqual(untouched);
  });

  it('is not removed if another volume has its name by then', async () => {
    const name = `${vg}/home_snap`;
    await withSnapshot(tools, { volumes: `${vg}/home`, mount: false }, async () => {
      const tags = ['--addtag', 'devmapper.withSnapshot', '--addtag', 'devmapper.origin=home'];
      await run('lvremove', ['--yes', name]);
      await run('lvcreate', ['--snapshot', '--size', '4m', '--name', 'home_snap', ...tags, `${vg}/home`]);
    }).catch(() => undefined);
    expect((await remains(vg)).some((line) => line.startsWith('home_snap '))).toBe(true);
    await run('lvremove', ['--yes', name]);
    expect(await remains(vg)).toEqual(untouched);
  });

  it('is removed although it, or its volume, has another name by then', async () => {
    const lvrename = (from: string, to: string) => run('lvrename', [vg, from, to]);
    await withSnapshot(tools, { volumes: `${vg}/home` }, () => lvrename('home', 'house'));
    await lvrename('house', 'home');
    expect(await remains(vg)).toEqual(untouched);
    const call = withSnapshot(tools, { volumes: `${vg}/home`, mount: false }, () =>
      lvrename('home_snap', 'other'),
    );
    // Nobody has watched it under that name.
    await expect(call).rejects.toMatchObject({ reason: 'overflowed', left: [] });
    expect(await remains(vg)).toEqual(untouched);
  });

  it('is not trusted if its directory shows something else in the end', async () => {
    for (const change of ['unmount', 'cover'] as const) {
      const call = withSnapshot(tools, { volumes: `${vg}/home` }, async ([snapshot]) => {
        const directory = snapshot?.directory ?? '';
        if (change === 'unmount') await run('umount', [directory]);
        else await run('mount', ['-t', 'tmpfs', 'none', directory]);
        return directory;
      });
      const error = await call.catch((one: unknown) => one);
      expect(error).toMatchObject({ reason: 'failed', step: 'use' });
      const [, directory = ''] =
        /(\/run\/\S+) does not show wo\/home_snap any more/.exec(String(error)) ?? [];
      expect(directory).not.toBe('');
      if (change === 'cover') {
        // What somebody has mounted there is not ours to unmount.
        expect(String(error)).toContain(`${directory} is covered by a mount of none`);
        await run('umount', [directory]);
        await withSnapshot(tools, { volumes: `${vg}/home` }, () => 0);
      }
      expect(await remains(vg)).toEqual(untouched);
    }
  });
});

describe('a thin snapshot that an earlier run has left', () => {
  it("is nobody's leftover once its volume was removed, also when there is a new one of that name", async () => {
    const thin = async () => {
      await run('lvcreate', ['--virtualsize', '16m', '--thinpool', 'pool', '--name', 'thin', vg]);
      await run('mkfs.ext4', ['-q', '-F', `/dev/${vg}/thin`]);
      const [row] = await tools.lvm.lvs({ targets: [`${vg}/thin`] });
      return row?.uuid ?? '';
    };
    await run('lvcreate', ['--type', 'thin-pool', '--size', '32m', '--name', 'pool', vg]);
    const tags = ['withSnapshot', 'origin=thin', `originUuid=${await thin()}`];
    const tagged = tags.flatMap((tag) => ['--addtag', `devmapper.${tag}`]);
    await run('lvcreate', ['--snapshot', '-kn', '--name', 'thin_snap', ...tagged, `${vg}/thin`]);
    await run('lvremove', ['--yes', `${vg}/thin`]);
    await thin();
    await expect(withSnapshot(tools, { volumes: `${vg}/thin` }, () => 0)).rejects.toMatchObject({
      ...{ reason: 'foreign', message: expect.stringContaining('it may hold what nothing else does') },
    });
    await run('lvrename', [vg, 'thin_snap', 'thin_restored']);
    const done = await withSnapshot(tools, { volumes: `${vg}/thin` }, () => 0);
    expect(done.plan.changes).toEqual([
      'wo/thin_snap, a snapshot of wo/thin, is made, and removed in the end.',
    ]);
    expect((await tools.lvm.lvs({ targets: [vg] })).map(({ name }) => name)).toContain('thin_restored');
    await run('lvremove', ['--yes', `${vg}/pool`]);
    expect(await remains(vg)).toEqual(untouched);
  });
});

describe('a file system on an encrypted volume', () => {
  it('is written out before its snapshot, and the plan says that it is not frozen', async () => {
    const key = 'a1b2c3d4e5f60718293a4b5c6d7e8f90'.repeat(2);
    const crypt = (device: string) => `0 32768 crypt aes-xts-plain64 ${key} 0 ${device} 0`;
    await dmCreate('wo-crypt', crypt(`/dev/${vg}/srv`));
    await run('mkfs.ext4', ['-q', '-F', '/dev/mapper/wo-crypt']);
    const own = await mounted('/dev/mapper/wo-crypt');
    const before = await remains(vg);
    await writeFile(join(own.path, 'letter'), 'never flushed by its writer\n');
    const done = await withSnapshot(tools, { volumes: `${vg}/srv` }, async ([snapshot]) => {
      expect(snapshot?.directory).toBeNull();
      await dmCreate('wo-opened', crypt(snapshot?.device ?? ''));
      const copy = await mounted('/dev/mapper/wo-opened');
      const text = await readFile(join(copy.path, 'letter'), 'utf8');
      await copy.unmount();
      await dmRemove('wo-opened');
      return text;
    });
    expect(done.value).toBe('never flushed by its writer\n');
    expect(done.warnings).toEqual([
      `wo/srv: ${own.path} stands on another device upon it (/dev/mapper/wo-crypt): it is written out just before, but lvm does not freeze it, and its snapshot is as after a power cut.`,
    ]);
    expect(done.plan.steps[0]?.title).toBe(
      `Write out what is in memory for ${own.path}, and take the snapshot wo/srv_snap of wo/srv`,
    );
    expect(await remains(vg)).toEqual(before);
    await own.unmount();
    await dmRemove('wo-crypt');
  });
});

it('a callback that goes on after the signal is waited for, and the progress says so', async () => {
  const control = new AbortController();
  const told: WorkflowProgress[] = [];
  const options = { volumes: `${vg}/home`, mount: false, signal: control.signal };
  const call = withSnapshot(tools, { ...options, onProgress: (one) => told.push(one) }, async () => {
    control.abort();
    expect(told.at(-1)).toMatchObject({ step: 'use', detail: 'waiting for the callback to end' });
  });
  await expect(call).rejects.toMatchObject({ reason: 'aborted' });
});
