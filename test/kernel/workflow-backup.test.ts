import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Backup, planBackup, runBackup } from '../../lib/cli/backup-run.ts';
import { DeviceMapper } from '../../lib/index.ts';
import type { WorkflowProgress } from '../../lib/workflows/index.ts';
import { filesystemOf } from '../../lib/workflows/system/filesystem.ts';
import { testDisk, write } from './support/disks.ts';
import { later, loopDisk, run } from './support/lab.ts';
import { openLvm } from './support/lvm.ts';
import { cleared, mirrored, mountedAt, splitGroup, sumOf } from './support/split.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());
const tools = { dm, lvm: openLvm({ dm }) };
const vg = 'bk';
const volume = `${vg}/o`;
const mebibyte = 1024 * 1024;
let directory = '';

beforeAll(async () => {
  await splitGroup(vg, 2, 80);
  directory = await mkdtemp(join(tmpdir(), 'backup-test-'));
  later(() => rm(directory, { recursive: true }));
});

beforeEach(async () => {
  await run('lvcreate', ['--yes', '--wipesignatures', 'n', '--size', '12m', '--name', 'o', vg]);
  await write(`/dev/${volume}`, 0, 12 * mebibyte, 0x11);
});
afterEach(() => cleared(vg));

function backupTo(to: string, more: Partial<Backup> = {}): Backup {
  const copy = { to, overwrite: true, bytesPerSecond: '2MiB' };
  return { volume, copy, by: 'snapshot', size: undefined, ...more };
}

// Does something when this is told of a step, once.
function at(kind: WorkflowProgress['kind'], step: string, act: () => unknown) {
  let acted = false;
  return (progress: WorkflowProgress): void => {
    if (acted || progress.kind !== kind || progress.step !== step) return;
    acted = true;
    act();
  };
}

async function failure(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => null,
    (error: unknown) => error,
  );
}

const untouched = expect.stringContaining('All is as it was before');
const namely = (state: string) => expect.arrayContaining([expect.objectContaining({ state })]);

describe('a backup that does not come to its end', () => {
  it.each(['is aborted', 'cannot write any more'])(
    'says that the device is overwritten in part when it %s',
    async (how) => {
      const disk = await testDisk(`backup-${how === 'is aborted' ? 'abort' : 'fail'}`, 16);
      const control = new AbortController();
      const act = how === 'is aborted' ? () => control.abort() : disk.fail;
      const onProgress = at('step-progressed', 'copy', act);
      const error = await failure(
        runBackup(tools, backupTo(disk.path), { signal: control.signal, onProgress }),
      );
      const state = `${disk.path} is overwritten in part, or with a copy that is not good`;
      expect(error).toMatchObject({
        ...{ workflow: 'withSnapshot', step: 'use', left: namely(state) },
        message: expect.stringContaining(state),
      });
      expect(error).not.toMatchObject({ message: untouched });
      await disk.heal();
    },
  );

  it('after the file was replaced says so', async () => {
    const mirror = await mirrored(vg, 'm');
    const to = join(directory, 'm.img');
    await writeFile(to, 'of yesterday');
    const control = new AbortController();
    const onProgress = at('step-started', 'merge', () => control.abort());
    const error = await failure(
      runBackup(tools, backupTo(to, { volume: mirror, by: 'split' }), { signal: control.signal, onProgress }),
    );
    expect(error).toMatchObject({
      ...{ workflow: 'splitForBackup', step: 'merge', reason: 'aborted' },
      left: namely(`${to} has the copy of ${mirror} now, whatever it had before`),
    });
    expect(error).not.toMatchObject({ message: untouched });
    expect(await sumOf(to)).toBe(await sumOf(`/dev/${mirror}`));
  });
});

describe('the plan of a backup', () => {
  it('has the warnings of the copy, but not that the volume itself is in use', async () => {
    await run('mkfs.ext4', ['-q', `/dev/${volume}`]);
    await mountedAt(`/dev/${volume}`);
    const disk = await loopDisk(13);
    const { shown } = await planBackup(tools, backupTo(disk.path), {});
    expect(shown.warnings).toContainEqual(expect.stringMatching(/1048576 bytes larger; what is behind/));
    expect(shown.warnings).not.toContainEqual(expect.stringMatching(/of no one moment/));
    expect(shown.changes).toContainEqual(`${disk.path} is overwritten.`);
    expect(shown.steps.map(({ name }) => name)).toContain('copy');
  });

  it('that was shown binds the copy: what has come to the device since is not overwritten', async () => {
    const disk = await loopDisk(13);
    const planned = await planBackup(tools, backupTo(disk.path), {});
    await run('mkfs.ext4', ['-q', disk.path]);
    const error = await failure(runBackup(tools, backupTo(disk.path), {}, planned));
    expect(error).toMatchObject({
      message: expect.stringMatching(/what would be done for bk\/o\S+ now is not what was planned/),
    });
    expect(await filesystemOf(disk.path)).toMatchObject({ type: 'ext4' });
    const again = await planBackup(tools, backupTo(disk.path), {});
    expect(again.shown.changes).toContainEqual(expect.stringMatching(/a file system of type ext4 is lost/));
    expect(await runBackup(tools, backupTo(disk.path), {}, again)).toMatchObject({ outcome: 'done' });
  });
});
