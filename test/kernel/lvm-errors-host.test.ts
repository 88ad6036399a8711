import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type LoopDisk, later, loopDisk, run, volumeGroup } from './support/lab.ts';
import { openLvm } from './support/lvm.ts';
import { failureOf } from './support/lvm-failure.ts';

const lvm = openLvm();
const vg = 'host';
const vdoModules = ['kvdo', 'dm-vdo'];
const lockFile = `/run/lock/lvm/V_${vg}`;
let disk: LoopDisk;
let directory = '';

const create = (instance = lvm, limits: { readonly timeout?: number; readonly signal?: AbortSignal } = {}) =>
  failureOf(instance.lvcreate.linear(`${vg}/never`, { size: '4MiB', wipeSignatures: true, ...limits }));

beforeAll(async () => {
  disk = await loopDisk(32);
  await volumeGroup(vg, [disk]);
  directory = await mkdtemp(join(tmpdir(), 'devmapper-errors-'));
  later(() => rm(directory, { recursive: true }));
});

describe('locks', () => {
  it('locked: another process has the group locked until the time is up', async () => {
    const holder = await holdLock();
    const error = await create(lvm, { timeout: 4000 });
    expect(error).toMatchObject({ reason: 'locked', changed: 'no' });
    expect(error.hindrance).toEqual({
      ...{ kind: 'locked', path: lockFile, group: vg, pid: holder, name: 'sleep' },
    });
    expect(error.message).toContain(`process ${holder} (sleep) held ${lockFile}`);
  });

  it('locked: the same, and lvm is set not to wait for it', async () => {
    await holdLock();
    const error = await create(openLvm({ config: 'global/wait_for_locks=0' }));
    const object = { type: 'vg', name: vg, group: null };
    expect(error).toMatchObject({ reason: 'locked', object, changed: 'no', exitCode: 5 });
  });

  it('lock-failed: a directory for the locks that cannot be made', async () => {
    const error = await create(openLvm({ config: 'global/locking_dir="/dev/null/lock/lvm"' }));
    expect(error).toMatchObject({ reason: 'lock-failed', changed: 'no' });
  });

  it('lockd-required: a shared group without lvmlockd', async () => {
    const spare = await loopDisk(32);
    const error = await failureOf(
      lvm.vgcreate('shared', { devices: [spare.path], lockType: 'sanlock', wipeSignatures: true }),
    );
    expect(error).toMatchObject({ reason: 'lockd-required', changed: 'no' });
  });

  it('not-done: a lock type for a group without lvmlockd, which lvm ends with status 0', async () => {
    const error = await failureOf(lvm.vgchange.lockType(vg, { lockType: 'sanlock' }));
    expect(error).toMatchObject({ reason: 'not-done', changed: 'no', exitCode: 0 });
  });
});

describe('a command that is ended', () => {
  it('aborted: the signal fires while lvm tries to deactivate an open volume', async () => {
    const control = new AbortController();
    const deactivating = deactivateOpen({ signal: control.signal });
    await childIn(locksHeld, 'lvchange');
    await sleep(1000);
    control.abort();
    const error = await deactivating;
    expect(error).toMatchObject({ reason: 'aborted', changed: 'no' });
  });

  it('timed-out: lvm tries for longer than it may to deactivate an open volume', async () => {
    const error = await deactivateOpen({ timeout: 4000 });
    expect(error).toMatchObject({ reason: 'timed-out', changed: 'no' });
  });

  it('that had not begun, as the group was locked, ends with an AbortError', async () => {
    await holdLock();
    const creating = lvm.lvcreate.linear(`${vg}/never`, { size: '4MiB', signal: AbortSignal.timeout(3000) });
    await expect(creating).rejects.toMatchObject({ name: 'AbortError', code: 'ABORT_ERR' });
  });

  it('killed: somebody else kills lvm while it waits for a lock', async () => {
    await holdLock();
    const failing = create();
    const pid = await childIn(locksAwaited);
    process.kill(pid, 'SIGKILL');
    expect(await failing).toMatchObject({ reason: 'killed', signal: 'SIGKILL', changed: 'no' });
  });
});

describe('what lvm may and can', () => {
  it('no-permission: an ordinary user', async () => {
    const error = await create(openLvm({ prefix: ['setpriv', '--reuid=65534', '--clear-groups', '--'] }));
    expect(error).toMatchObject({ reason: 'no-permission', changed: 'no' });
  });

  it('no-device-mapper: there is no control device, and it cannot be made', async () => {
    const hide = 'mount -t tmpfs -o ro none /dev/mapper && exec "$0" "$@"';
    const error = await create(openLvm({ prefix: ['unshare', '--mount', 'sh', '-c', hide] }));
    expect(error).toMatchObject({ reason: 'no-device-mapper', changed: 'no' });
  });

  it('module-missing: a VDO volume in a kernel without VDO', async ({ skip }) => {
    const hasVdo = (
      await Promise.allSettled(vdoModules.map((name) => run('modprobe', ['--dry-run', name])))
    ).some(({ status }) => status === 'fulfilled');
    skip(hasVdo, 'this kernel has VDO');
    const error = await failureOf(
      lvm.lvcreate.vdo(`${vg}/vdo`, {
        pool: 'pool',
        size: { percent: 100, of: 'FREE' },
        wipeSignatures: true,
      }),
    );
    expect(error).toMatchObject({ reason: 'module-missing', changed: 'no', exitCode: 3 });
    // Of modprobe's complaint, or lvm's own.
    expect(['vdo', ...vdoModules]).toContain(error.object?.name);
  });

  it('no-lvm: there is no such program', async () => {
    const error = await create(openLvm({ binary: join(directory, 'lvm') }));
    expect(error).toMatchObject({ reason: 'no-lvm', changed: 'no', exitCode: null });
  });
});

describe('files of lvm', () => {
  it('config-invalid: a configuration with an open brace', async () => {
    await mkdir(join(directory, 'system'));
    await writeFile(join(directory, 'system/lvm.conf'), 'devices {\n');
    const error = await create(openLvm({ environment: { LVM_SYSTEM_DIR: join(directory, 'system') } }));
    expect(error).toMatchObject({ reason: 'config-invalid', changed: 'no' });
  });

  it('restore-failed: a backup that is none', async () => {
    const file = join(directory, 'backup');
    await writeFile(file, 'contents = "Text Format Volume Group"\n');
    const error = await failureOf(lvm.vgcfgrestore.restore(vg, { file }));
    expect(error).toMatchObject({ reason: 'restore-failed', changed: 'no' });
  });

  it('backup-failed: no room for the archive of the old metadata', async () => {
    const archive = join(directory, 'archive');
    await mkdir(archive);
    await run('mount', ['-t', 'tmpfs', '-o', 'size=4k', 'none', archive]);
    onTestFinished(async () => {
      await run('umount', [archive]);
    });
    await writeFile(join(archive, 'filler'), Buffer.alloc(4096));
    const error = await create(openLvm({ config: `backup { archive=1 archive_dir="${archive}" }` }));
    expect(error).toMatchObject({ reason: 'backup-failed', changed: 'no' });
  });

  it('report-invalid: nothing can be written where lvm reports', async () => {
    const error = await create(openLvm({ prefix: ['sh', '-c', 'exec "$0" "$@" 3>/dev/full'] }));
    expect(error).toMatchObject({ reason: 'report-invalid', changed: 'no', exitCode: 0 });
  });
});

/** Holds the lock of the group as another lvm would, until the test ends; the process that has it. */
// lvm tries for 5 s (activation/retry_deactivation).
async function deactivateOpen(limits: { readonly timeout?: number; readonly signal?: AbortSignal }) {
  await run('lvcreate', ['--yes', '--extents', '1', '--name', 'open', vg]);
  const file = await open(`/dev/${vg}/open`);
  const error = await failureOf(lvm.lvchange.deactivate(`${vg}/open`, limits));
  await file.close();
  await run('lvremove', ['--yes', `${vg}/open`]);
  return error;
}

async function holdLock(): Promise<number> {
  await mkdir('/run/lock/lvm', { recursive: true });
  const child = spawn('flock', ['--no-fork', lockFile, 'sleep', '120'], { stdio: 'ignore' });
  const exit = new Promise((resolve) => child.once('exit', resolve));
  onTestFinished(async () => {
    child.kill();
    await exit;
  });
  await expect.poll(() => readFile('/proc/locks', 'utf8'), { timeout: 30_000 }).toContain(` ${child.pid} `);
  return child.pid ?? 0;
}

// Of /proc/locks.
const locksHeld = /: FLOCK .*? WRITE (\d+) /g;
const locksAwaited = /-> FLOCK .*? (\d+) /g;

/** The lvm that we started, for this command if one is named, and that has or awaits such a lock. */
async function childIn(locks: RegExp, command = ''): Promise<number> {
  let found = 0;
  await expect
    .poll(
      async () => {
        const lines = (await readFile('/proc/locks', 'utf8')).matchAll(locks);
        for (const [, pid = ''] of lines) {
          const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
          if (!words.startsWith(`lvm\0${command}`)) continue;
          const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
          if (new RegExp(`^PPid:\\t${process.pid}$`, 'm').test(status)) found = Number(pid);
        }
        return found;
      },
      { timeout: 20_000 },
    )
    .not.toBe(0);
  return found;
}
