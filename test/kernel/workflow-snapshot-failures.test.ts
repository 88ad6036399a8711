import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeviceMapper } from '../../lib/index.ts';
import { withSnapshot } from '../../lib/workflows/index.ts';
import { type TestDisk, testDisk } from './support/disks.ts';
import { later, run } from './support/lab.ts';
import { openLvm } from './support/lvm.ts';
import { checksums, fill, mounted, remains, withExt4 } from './support/snapshots.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());
const tools = { dm, lvm: openLvm({ dm }) };
const vg = 'wf';
let store: TestDisk;
let home = '';
let untouched: readonly string[] = [];

beforeAll(async () => {
  const first = await testDisk('wf-first', 25);
  store = await testDisk('wf-store', 96);
  await run('vgcreate', [vg, first.path]);
  later(async () => {
    await store.heal();
    await run('vgremove', ['--force', '--yes', vg]);
  });
  // It fills the first disk, so that stores of snapshots are on the second.
  home = (await mounted(await withExt4(vg, 'home', 24))).path;
  await fill(join(home, 'file'), 2);
  await run('vgextend', [vg, store.path]);
  await withExt4(vg, 'srv', 16);
  untouched = await remains(vg);
});

describe('a disk that dies while a snapshot on it is used', () => {
  it('ends the callback, costs the volume nothing, and what is left is removed when it is back', async () => {
    const before = await checksums(home);
    const failed = await withSnapshot(tools, { volumes: `${vg}/home` }, async (_snapshots, signal) => {
      const lost = new Promise((resolve) => signal.addEventListener('abort', resolve));
      await store.fail();
      await fill(join(home, 'more'), 2);
      await lost;
    }).catch((error: unknown) => error);
    expect(failed).toMatchObject({ name: 'WorkflowError', reason: 'overflowed', step: 'use' });
    expect(String(failed)).toContain('wf/home_snap has overflowed, or its disk failed, and is lost');
    await run('rm', [join(home, 'more')]);
    expect(await checksums(home)).toEqual(before);
    await store.heal();
    const names = async () => (await remains(vg)).filter((line) => line.includes('home_snap'));
    const left = (failed as { left: readonly { state: string }[] }).left.map(({ state }) => state).join();
    if ((await names()).length > 0) expect(left).toContain('wf/home_snap');
    const done = await withSnapshot(tools, { volumes: `${vg}/home` }, ([snapshot]) =>
      checksums(snapshot?.directory ?? ''),
    );
    expect(done.value).toEqual(before);
    expect(await remains(vg)).toEqual(untouched);
  });
});

describe('two at once on one group', () => {
  it('each with its own volume, are both done', async () => {
    const all = await Promise.all(
      ['home', 'srv'].map((lv) =>
        withSnapshot(tools, { volumes: `${vg}/${lv}` }, ([snapshot]) => readdir(snapshot?.directory ?? '')),
      ),
    );
    expect(all.map(({ value }) => value)).toEqual([
      expect.arrayContaining(['file']),
      expect.arrayContaining(['lost+found']),
    ]);
    expect(await remains(vg)).toEqual(untouched);
  });
});

describe('a snapshot that an earlier run has left', () => {
  it('is not unmounted where somebody else has mounted it', async () => {
    const tags = ['--addtag', 'devmapper.withSnapshot', '--addtag', 'devmapper.origin=srv'];
    await run('lvcreate', ['--snapshot', '--size', '8m', '--name', 'old', ...tags, `${vg}/srv`]);
    const elsewhere = await mounted(`/dev/${vg}/old`, ['-o', 'ro']);
    await expect(withSnapshot(tools, { volumes: `${vg}/srv` }, () => 0)).rejects.toMatchObject({
      ...{ reason: 'in-use', step: null },
      message: expect.stringContaining(`umount ${elsewhere.path}`),
    });
    await elsewhere.unmount();
    const done = await withSnapshot(tools, { volumes: `${vg}/srv` }, () => 0);
    expect(done.plan.changes[0]).toBe('wf/old, which an earlier run left, is removed.');
    expect(await remains(vg)).toEqual(untouched);
  });
});
