import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, readlink, rm, stat } from 'node:fs/promises';
import fc from 'fast-check';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { configPaths } from '../../lib/lvm/config.ts';
import { configurationOf } from '../../lib/lvm/environment.ts';
import { toLvmError } from '../../lib/lvm/errors.ts';
import { type Run, type RunSettings, runLvm } from '../../lib/lvm/run.ts';
import { probeFacilities } from '../../lib/lvm/udev.ts';
import { type TestDisk, testDisk } from './support/disks.ts';
import { later, loopDisk, run, volumeGroup } from './support/lab.ts';
import { openLvm } from './support/lvm.ts';
import { lvs, lvsRows } from './support/lvs.ts';

let slow: TestDisk;
let fast: TestDisk;

beforeAll(async () => {
  fast = await testDisk('runner-fast', 200);
  slow = await testDisk('runner-slow', 200);
  const disks = [fast, slow].map(({ backing, path }) => ({ ...backing, path }));
  await volumeGroup('runner', disks, { extentSize: '1m' });
});

describe('the command log of real lvm', () => {
  it('is JSON on fd 3, and standard output and standard error stay empty', async () => {
    const disk = await loopDisk(32);
    const made = await lvm(['vgcreate', 'logged', disk.path]);
    later(async () => {
      await run('vgremove', ['--force', '--yes', 'logged']);
    });
    expect(made).toMatchObject({ exitCode: 0, stdout: '', stderr: '', complete: true, hindrance: null });
    expect(messages(made.report)).toContain('Volume group "logged" successfully created');

    const volume = await lvm(['lvcreate', '--type', 'linear', '--size', '8388608b', '--name', 'a', 'logged']);
    expect(volume).toMatchObject({ exitCode: 0, stdout: '', stderr: '', complete: true });
    expect(messages(volume.report)).toContain('Logical volume "a" created.');
    expect(await lvs('logged/a', ['lv_active'])).toEqual(['active']);
  });

  it('tells of a failure there too, with its object', async () => {
    const failed = await lvm(['lvremove', '--', 'runner/nosuch']);
    expect(failed).toMatchObject({ exitCode: 5, stdout: '', stderr: '' });
    const failures = [
      { log_type: 'status', log_object_name: 'nosuch', log_message: 'failure', log_ret_code: '5' },
      { log_type: 'status', log_object_name: 'runner', log_message: 'failure', log_ret_code: '5' },
    ];
    expect(JSON.parse(failed.report)).toMatchObject({
      log: [{ log_type: 'error', log_object_type: 'lv', log_object_name: 'nosuch' }, ...failures],
    });
  });

  it('carries a report beside the log, and plain text has none of both', async () => {
    const { report } = await lvm(['vgs', '--options', 'vg_name', 'runner']);
    expect(JSON.parse(report)).toMatchObject({ report: [{ vg: [{ vg_name: 'runner' }] }] });
    const lines: string[] = [];
    const plain = await lvm(['vgs', '--noheadings', '--options', 'vg_name', 'runner'], {
      log: 'none',
      onLine: (line) => lines.push(line.trim()),
    });
    expect(plain).toMatchObject({ exitCode: 0, report: '', stderr: '' });
    expect(lines).toEqual(['runner']);
  });

  it.each([
    "devices { filter = [ 'a|.*|' ] } # no } end",
    'activation/monitoring=0 "backup" { "archive" = 0 }',
    'log { level = 0 } allocation { x = -1.5 y = [ 1, 2 ] z = "\\"{" }',
    `a { b = "#'" c = '"' d = bare_word }`,
  ])('is read by lvm whatever the instance sets before it: %s', async (config) => {
    expect(configPaths(config)).not.toEqual([]);
    const { report, exitCode } = await lvm(
      ['vgs', '--options', 'vg_name', 'runner'],
      {},
      { ...settings, config },
    );
    expect(exitCode).toBe(0);
    expect(JSON.parse(report)).toMatchObject({ report: [{ vg: [{ vg_name: 'runner' }] }] });
  });
});

describe('the configuration of an instance', () => {
  it('is refused by us, or by lvm, or leaves ours as it is: nothing is taken in silence, whatever it is', async () => {
    const paths = [
      'report/output_format',
      'log/prefix',
      'log/command_log_selection',
      'activation/udev_rules',
    ];
    const ask = async (config: string): Promise<string> => {
      const whole = configurationOf({ ...settings, config }, 'json', { udev: 'absent', lvmpolld: false });
      const asked = run('lvmconfig', ['--config', whole, ...paths]);
      return asked.then(({ stdout }) => stdout).catch((error: Error) => error.message);
    };
    const plain = await ask('');
    expect(plain.split('\n').slice(0, 2)).toEqual(['output_format="json"', 'prefix=""']);
    const parts = [
      '{',
      '}',
      '[',
      ']',
      '=',
      ',',
      '"',
      "'",
      '\\',
      '#',
      '\n',
      ' ',
      'a',
      '1',
      'x=1',
      'x{',
      'y="',
      'z=[',
    ];
    const config = fc
      .array(fc.constantFrom(...parts), { maxLength: 10 })
      .map((words) => words.join(''))
      .filter(isTaken);
    await fc.assert(
      fc.asyncProperty(config, async (text) => {
        const found = await ask(text);
        if (!found.includes('Parse error')) expect(found).toBe(plain);
      }),
      { numRuns: 25 },
    );
  });
});

describe('a group that another process has locked', () => {
  it('is waited for until the time is up; then nothing is changed, and the holder is named', async () => {
    const before = await run('vgs', ['--noheadings', '--options', 'vg_seqno,lv_count', 'runner']);
    const holder = await hold('/run/lock/lvm/V_runner');
    // One of them stands behind the other, which has the lock's other file: were the time of both up at once, it could be
    // behind one that waits no more.
    const outcomes = await Promise.all([
      lvm(create('waiting'), { timeout: 10_000 }, { ...settings }),
      lvm(create('behind'), { timeout: 3500 }, { ...settings }),
    ]);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ ended: 'timed-out', exitCode: 5, signal: null, running: null });
      expect(outcome.hindrance).toEqual({
        ...{ kind: 'locked', path: '/run/lock/lvm/V_runner', group: 'runner' },
        ...{ pid: holder.pid, name: 'sleep' },
      });
    }
    await holder.release();
    const after = await run('vgs', ['--noheadings', '--options', 'vg_seqno,lv_count', 'runner']);
    expect(after.stdout).toBe(before.stdout);
  });

  it('is given up on abort, and told of while it lasts', async () => {
    const holder = await hold('/run/lock/lvm/V_runner');
    const control = new AbortController();
    const told: unknown[] = [];
    const outcome = await lvm(create('waiting'), {
      signal: control.signal,
      onHindrance: (hindrance) => {
        told.push(hindrance);
        control.abort();
      },
    });
    await holder.release();
    expect(outcome).toMatchObject({ ended: 'aborted', exitCode: 5, hindrance: { pid: holder.pid } });
    expect(told).toEqual([outcome.hindrance]);
  });

  it('and released in time is changed after all', async () => {
    const holder = await hold('/run/lock/lvm/V_runner');
    const running = lvm(create('late'), { timeout: 60_000 });
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await holder.release();
    expect(await running).toMatchObject({ ended: 'exited', exitCode: 0, hindrance: null });
    expect((await lvm(['lvremove', '--yes', '--', 'runner/late'])).exitCode).toBe(0);
  });
});

describe('a command that is aborted', () => {
  it('in the polling of a conversion leaves the conversion to the kernel, and it can be finished', async () => {
    await run('lvcreate', ['--type', 'linear', '-l', '40', '-n', 'polled', 'runner', fast.path]);
    await slow.slow(300);
    onTestFinished(() => slow.heal());
    const control = new AbortController();
    const lines: string[] = [];
    const outcome = await lvm(mirror('polled'), {
      log: 'none',
      signal: control.signal,
      onLine: (line) => {
        lines.push(line);
        if (line.includes('Converted')) control.abort();
      },
    });
    expect(lines.join('\n')).toMatch(/polled: Converted: \d/);
    expect(outcome).toMatchObject({ ended: 'aborted', running: null });
    // It takes the signal while it sleeps between two looks; between a look and the sleep it dies of it.
    if (outcome.exitCode === 5) expect(outcome.stderr).toContain('Polling interrupted');
    else expect(outcome).toMatchObject({ exitCode: null, signal: 'SIGTERM' });
    expect((await lvsRows('runner/polled', ['lv_converting', 'segtype']))[0]?.[1]).toBe('mirror');

    await slow.heal();
    await expect.poll(() => lvs('runner/polled', ['copy_percent']), { timeout: 60_000 }).toEqual(['100.00']);
    expect((await lvm(['lvchange', '--poll', 'y', '--', 'runner/polled'])).exitCode).toBe(0);
    await consistent();
    expect((await lvm(['lvremove', '--yes', '--', 'runner/polled'])).exitCode).toBe(0);
  });

  it('at any moment leaves kernel and metadata the same: 40 of lvcreate and lvremove', {
    timeout: 900_000,
  }, async () => {
    const ends = { done: 0, undone: 0 };
    const remove = ['lvremove', '--yes', '--', 'runner/torn'];
    const undisturbed = [await lvm(raid('torn')), await lvm(remove)];
    expect(undisturbed.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    let longest = Math.max(...undisturbed.map(({ duration }) => duration));
    for (let round = 0; round < 40; round++) {
      const exists = await volumeExists('torn');
      const argv = exists ? remove : raid('torn');
      const control = new AbortController();
      const timer = setTimeout(() => control.abort(), (longest * round) / 30);
      const outcome = await lvm(argv, { signal: control.signal, grace: 60_000 });
      clearTimeout(timer);
      if (outcome.ended === 'exited') longest = Math.max(longest, outcome.duration);
      expect(outcome.running).toBeNull();
      await consistent();
      const done = (await volumeExists('torn')) !== exists;
      if (outcome.exitCode === 0) expect(done).toBe(true);
      ends[done ? 'done' : 'undone']++;
    }
    // Neither of both alone would show anything.
    expect(ends.done).toBeGreaterThan(0);
    expect(ends.undone).toBeGreaterThan(0);
    if (await volumeExists('torn')) await run('lvremove', ['--yes', 'runner/torn']);
  });
});

describe('a poller that lvm leaves in the background', () => {
  it('does not hold up the promise, whatever it keeps open, and goes on', async () => {
    await run('lvcreate', ['--type', 'linear', '-l', '40', '-n', 'behind', 'runner', fast.path]);
    await slow.slow(300);
    onTestFinished(() => slow.heal());
    const outcome = await lvm(['pvmove', '--background', '--name', 'behind', '--', fast.path, slow.path]);
    expect(outcome).toMatchObject({ exitCode: 0, complete: true, running: null });
    expect(messages(outcome.report)).toContain('success');
    // lvm closes its outputs for the poller, but not what LVM_REPORT_FD names.
    expect(await pollerFiles()).toEqual([['/dev/null', '/dev/null', expect.stringMatching(/^socket:/)]]);
    await slow.heal();
    await expect.poll(() => pollerFiles(), { timeout: 60_000, interval: 500 }).toEqual([]);
    expect((await lvsRows('runner', ['lv_name'])).flat()).not.toContain('[pvmove0]');
    expect(await lvs('runner/behind', ['devices', 'move_pv'])).toEqual([`${slow.path}(0)`, '']);
    await run('lvremove', ['--yes', 'runner/behind']);
  });
});

describe('udev', () => {
  it('that is not there, or has left a dead socket behind, is done without', async () => {
    expect(await probeFacilities([])).toEqual({ udev: 'absent', lvmpolld: false });
    await udevSocket('dead');
    expect(await probeFacilities([])).toEqual({ udev: 'dead', lvmpolld: false });
    const outcome = await lvm(create('unhung'), { timeout: 30_000 }, { ...settings });
    expect(outcome).toMatchObject({ ended: 'exited', exitCode: 0 });
    expect((await stat('/dev/runner/unhung')).isBlockDevice()).toBe(true);
    expect((await lvm(['lvremove', '--yes', '--', 'runner/unhung'])).exitCode).toBe(0);
  });

  it('that listens in another IPC namespace is foreign, by way of a prefix as well', async () => {
    await udevSocket('listening');
    expect((await probeFacilities([]))?.udev).toBe('reachable');
    expect((await probeFacilities(['unshare', '--ipc']))?.udev).toBe('foreign');
    const prefix = ['unshare', '--ipc'];
    const outcome = await lvm(create('foreign'), { timeout: 30_000 }, { ...settings, prefix });
    expect(outcome).toMatchObject({ ended: 'exited', exitCode: 0 });
    expect((await lvm(['lvremove', '--yes', '--', 'runner/foreign'])).exitCode).toBe(0);
  });

  it('udev-stuck: it listens and never answers; lvm is left alone, and goes on once it is answered', async () => {
    await udevSocket('listening');
    const config = 'activation { udev_sync=1 udev_rules=0 }';
    const outcome = await lvm(create('stuck'), { timeout: 6000, grace: 1000 }, { ...settings, config });
    expect(outcome).toMatchObject({ ended: 'timed-out', exitCode: null, hindrance: { kind: 'udev-stuck' } });
    expect(toLvmError(outcome, []).reason).toBe('udev-stuck');
    expect(outcome.running).not.toBeNull();
    const cookies = outcome.hindrance?.kind === 'udev-stuck' ? outcome.hindrance.cookies : [];
    expect(cookies).toHaveLength(1);
    await run('dmsetup', ['udevcomplete_all', '--yes']);
    // Each step of the command has a cookie of its own.
    const completing = setInterval(() => void run('dmsetup', ['udevcomplete_all', '--yes']), 500);
    const last = await outcome.running?.finally(() => clearInterval(completing));
    expect(last).toMatchObject({ exitCode: 0, running: null });
    expect(await volumeExists('stuck')).toBe(true);
    await consistent();
    await run('dmsetup', ['udevcomplete_all', '--yes']);
    await run('lvremove', ['--yes', 'runner/stuck']);
  });
});

describe('a command that hangs on udev with neither signal nor timeout', () => {
  it('is told of by a process warning that says what lets it go on', async () => {
    await udevSocket('listening');
    const instance = openLvm({ config: 'activation { udev_sync=1 udev_rules=0 }' });
    const warnings: (Error & { code?: string })[] = [];
    const warn = (warning: Error): void => void warnings.push(warning);
    process.on('warning', warn);
    const made = instance.lvcreate.linear('runner/warned', { size: '4MiB' });
    await expect
      .poll(() => warnings.map(({ code }) => code), { timeout: 30_000 })
      .toContain('DEVMAPPER_LVM_STUCK');
    process.off('warning', warn);
    const completing = setInterval(() => void run('dmsetup', ['udevcomplete_all', '--yes']), 500);
    expect((await made.finally(() => clearInterval(completing))).changed).toBe(true);
    expect(warnings[0]?.message).toMatch(/^lvm lvcreate waits for udev, .* cookie 0xd4d/);
    await run('lvremove', ['--yes', 'runner/warned']);
  });
});

describe('one group', () => {
  it('changed by two instances and another process at once has it all', async () => {
    const other: RunSettings = { ...settings };
    const names = Array.from({ length: 4 }, (_, index) => `both${index}`);
    const outcomes = await Promise.all([
      ...names.map((name, index) => lvm(create(name), {}, index % 2 === 0 ? settings : other)),
      ...['apart0', 'apart1'].map((name) => run('lvcreate', create(name).slice(1))),
    ]);
    for (const outcome of outcomes) if ('ended' in outcome) expect(outcome).toMatchObject({ exitCode: 0 });
    for (const name of [...names, 'apart0', 'apart1']) expect(await volumeExists(name)).toBe(true);
    await consistent();
  });
});

const settings: RunSettings = {
  ...{ binary: 'lvm', prefix: [], config: '', devices: [], devicesFile: undefined, profile: undefined },
  // Without a system directory of its own, lvm takes /etc/lvm.
  environment: process.env.LVM_SYSTEM_DIR === undefined ? {} : { LVM_SYSTEM_DIR: process.env.LVM_SYSTEM_DIR },
};

function lvm(
  argv: readonly string[],
  more: Partial<Run> = {},
  instance = settings,
): ReturnType<typeof runLvm> {
  return runLvm(instance, { argv, log: 'json', ...more });
}

function create(name: string): readonly string[] {
  return ['lvcreate', '--yes', '--type', 'linear', '--size', '4194304b', '--name', name, '--', 'runner'];
}

function raid(name: string): readonly string[] {
  return [
    'lvcreate',
    '--yes',
    '--type',
    'raid1',
    '--mirrors',
    '1',
    '--extents',
    '4',
    '--name',
    name,
    '--',
    'runner',
  ];
}

function mirror(name: string): readonly string[] {
  const type = ['--type', 'mirror', '--mirrors', '1', '--mirrorlog', 'core'];
  return ['lvconvert', '--yes', ...type, `runner/${name}`, slow.path];
}

function isTaken(config: string): boolean {
  try {
    return configPaths(config).length > 0;
  } catch {
    return false;
  }
}

function messages(report: string): readonly string[] {
  const { log } = JSON.parse(report) as { readonly log: readonly { readonly log_message: string }[] };
  return log.map(({ log_message }) => log_message);
}

async function volumeExists(name: string): Promise<boolean> {
  return (await lvsRows('runner', ['lv_name'])).some(([found]) => found === name);
}

/** Throws unless the kernel has exactly the active volumes of the metadata, none suspended. */
async function consistent(): Promise<void> {
  const rows = await lvsRows('runner', ['lv_dm_path', 'lv_active', 'lv_suspended']);
  const wanted = rows.filter(([, active]) => active === 'active').map(([path = '']) => path.split('/')[3]);
  const { stdout } = await run('dmsetup', ['info', '-c', '--noheadings', '-o', 'name,suspended']);
  const devices = stdout
    .split('\n')
    .filter((line) => line.startsWith('runner-') && !/-(?:fast|slow):/.test(line));
  expect(devices.filter((line) => !line.endsWith(':Active'))).toEqual([]);
  expect(devices.map((line) => line.split(':')[0]).toSorted()).toEqual(wanted.toSorted());
  expect(rows.filter(([, active]) => active !== 'active')).toEqual([]);
}

/** Holds a lock as another lvm would, in a process of its own. */
async function hold(path: string): Promise<{ readonly pid: number; readonly release: () => Promise<void> }> {
  await mkdir('/run/lock/lvm', { recursive: true });
  const child = spawn('flock', ['--no-fork', path, 'sleep', '120'], { stdio: 'ignore' });
  const exit = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const release = async (): Promise<void> => {
    child.kill();
    await exit;
  };
  onTestFinished(release);
  await expect.poll(() => readFile('/proc/locks', 'utf8'), { timeout: 30_000 }).toContain(` ${child.pid} `);
  return { pid: child.pid ?? 0, release };
}

/** A socket in udevd's place: closed again and so dead, or one that takes connections and does nothing with them. */
async function udevSocket(state: 'dead' | 'listening'): Promise<void> {
  await rm('/run/udev', { recursive: true, force: true });
  await mkdir('/run/udev');
  const program = `import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.bind('/run/udev/control')
s.listen(8)
print('bound', flush=True)
sys.stdin.read()`;
  const child = spawn('python3', ['-c', program], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exit = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await new Promise((resolve) => child.stdout.once('data', resolve));
  const end = async (): Promise<void> => {
    child.stdin.end();
    await exit;
  };
  if (state === 'dead') await end();
  onTestFinished(async () => {
    await end();
    await rm('/run/udev', { recursive: true });
  });
}

/** What each poller of lvm's has open on 1, 2 and 3. */
async function pollerFiles(): Promise<readonly (readonly string[])[]> {
  const found: (readonly string[])[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    // "(lvm2)", cut to the length of what was its first argument; lvm2's lib/commands/toolcontext.c, become_daemon().
    if (!line.startsWith('(lv')) continue;
    const link = (number: number): Promise<string> =>
      readlink(`/proc/${pid}/fd/${number}`).catch(() => 'closed');
    found.push(await Promise.all([1, 2, 3].map(link)));
  }
  return found;
}
