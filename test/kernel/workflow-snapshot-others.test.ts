import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeviceMapper } from '../../lib/index.ts';
import { planWithSnapshot, withSnapshot } from '../../lib/workflows/index.ts';
import { exit, inOwnProcess, line } from './support/filesystems.ts';
import { loopDisk, run, volumeGroup } from './support/lab.ts';
import { openLvm } from './support/lvm.ts';
import { directory, mounted, remains, withExt4 } from './support/snapshots.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());
const tools = { dm, lvm: openLvm({ dm }) };
const vg = 'wu';
let device = '';
let untouched: readonly string[] = [];

beforeAll(async () => {
  await volumeGroup(vg, [await loopDisk(64)]);
  device = await withExt4(vg, 'home', 16);
  untouched = await remains(vg);
});

const options = { volumes: `${vg}/home` };

describe('a snapshot of a volume that others use', () => {
  it('is not called frozen while a guest, or whoever has it open, may write', async () => {
    const { stdout } = await run('losetup', ['--find', '--show', device]);
    const loop = stdout.trim();
    const done = await withSnapshot(tools, options, ([snapshot]) => snapshot?.filesystem).finally(() =>
      run('losetup', ['--detach', loop]),
    );
    expect(done).toMatchObject({ value: 'ext4' });
    expect(done.warnings).toEqual([
      `${vg}/home: /dev/mapper/${vg}-home is open; by whom cannot be seen from here: what that has not written yet is not in the snapshot.`,
      `${vg}/home: To mount it replays the ext4 journal, which writes to the device.`,
    ]);
    const { unmount } = await mounted(device);
    const file = await open(device, 'r');
    const beside = await planWithSnapshot(tools, options).finally(() => file.close());
    expect(beside.warnings[0]).toMatch(/-home is opened by process \d+ .*: what that has not written yet/);
    await unmount();
    expect((await planWithSnapshot(tools, options)).warnings).toEqual([]);
    expect(await remains(vg)).toEqual(untouched);
  });

  it('has all of a file system that is mounted in another mount namespace: lvm freezes that, too', async () => {
    const place = await directory('elsewhere');
    const script = 'mount "$1" "$2" && echo late >"$2/letter" && echo there && read -r _';
    const words = ['--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', device, place];
    const other = inOwnProcess('unshare', words);
    expect(await line(other)).toBe('there');
    const done = await withSnapshot(tools, options, ([snapshot]) =>
      readFile(join(snapshot?.directory ?? '', 'letter'), 'utf8'),
    );
    expect(done).toMatchObject({ value: 'late\n', warnings: [] });
    other.kill('SIGKILL');
    await exit(other);
    expect(await remains(vg)).toEqual(untouched);
  });
});
