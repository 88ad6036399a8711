import { spawn, spawnSync } from 'node:child_process';
import { channel } from 'node:diagnostics_channel';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { outputBound } from '../../lib/lvm/collect.ts';
import { Lvm } from '../../lib/lvm/index.ts';
import { type Run, type RunSettings, runLvm } from '../../lib/lvm/run.ts';
import { probeFacilities, probeSocket } from '../../lib/lvm/udev.ts';
import { sheltered } from '../../lib/shelter.ts';

let directory = '';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'devmapper-lvm-'));
});

afterAll(() => rm(directory, { recursive: true }));

describe('a program that cannot be started', () => {
  it('no-lvm: it is missing; the error has what was tried and what to do', async () => {
    await expect(runLvm(settings(join(directory, 'none')), reports)).rejects.toMatchObject({
      name: 'LvmError',
      reason: 'no-lvm',
      changed: 'no',
      message: expect.stringMatching(/there is no .*\/none\. Install lvm2/),
    });
  });

  it('names the directories in which a bare name was looked for', async () => {
    await expect(runLvm(settings('no-such-lvm'), reports)).rejects.toMatchObject({
      reason: 'no-lvm',
      message: expect.stringContaining('"no-such-lvm" in /usr/sbin:/sbin:/usr/bin:/bin'),
    });
  });

  it('no-permission: it may not be run', async () => {
    const path = join(directory, 'forbidden');
    await writeFile(path, '#!/bin/sh\n', { mode: 0o644 });
    await expect(runLvm(settings(path), reports)).rejects.toMatchObject({
      reason: 'no-permission',
      message: expect.stringContaining('EACCES'),
    });
  });

  it('other: the kernel refuses to start it', async () => {
    const argv = ['lvs', ...Array.from({ length: 100 }, () => 'x'.repeat(100_000))];
    await expect(runLvm(settings('true'), { argv, log: 'json' })).rejects.toMatchObject({
      reason: 'other',
      message: expect.stringContaining('E2BIG'),
    });
  });
});

describe('what lvm is given', () => {
  it('is the subcommand, our options right behind it, then the rest word by word, with no shell between', async () => {
    const words = ['a b', '$(id)', '; true', "'", '"', '*', '', '--', '\n'];
    const lvm = await fake('printf "%s\\0" "$@"');
    const { stdout, argv } = await runLvm(settings(lvm), { argv: ['lvcreate', ...words], log: 'none' });
    const given = stdout.split('\0').slice(0, -1);
    expect(given.slice(0, 2)).toEqual(['lvcreate', '--config']);
    expect(given.slice(3)).toEqual(words);
    expect(argv).toEqual([lvm, ...given]);
  });

  it('is our own session, which a Ctrl-C reaches; of what cleans up one of its own', async () => {
    const lvm = await fake("cut -d ' ' -f 6 /proc/self/stat");
    const session = async (): Promise<number> =>
      Number((await runLvm(settings(lvm), { argv: ['lvs'], log: 'none' })).stdout);
    const ours = Number((await readFile('/proc/self/stat', 'utf8')).split(' ')[5]);
    expect(await session()).toBe(ours);
    expect(await sheltered(session)).not.toBe(ours);
  });

  it('is an environment without any inherited LVM_ or DM_ variable', async () => {
    process.env.LVM_VG_NAME = 'inherited';
    process.env.DM_DEV_DIR = '/inherited';
    try {
      const { stdout } = await runLvm(settings(await fake('env')), { argv: ['lvs'], log: 'json' });
      const names = stdout.split('\n').flatMap((line) => /^(?:LVM|DM|LC)_\w+/.exec(line)?.[0] ?? []);
      expect(names.filter((name) => name !== 'DM_DISABLE_UDEV').toSorted()).toEqual([
        ...['LC_ALL', 'LVM_REPORT_FD', 'LVM_SUPPRESS_FD_WARNINGS'],
      ]);
    } finally {
      delete process.env.LVM_VG_NAME;
      delete process.env.DM_DEV_DIR;
    }
  });

  it.each([
    ['json', 4],
    ['none', 3],
  ] as const)(
    'with log %s is %i open files, and of ours only what every child of this process gets',
    async (log, count) => {
      const list = 'exec ls /proc/self/fd';
      const { stdout } = await runLvm(settings(await fake(list)), { argv: ['lvs'], log });
      const plain = spawnSync('sh', ['-c', list], { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
      const lines = (text: string): number => text.trim().split('\n').length;
      expect(lines(stdout)).toBe(lines(plain.stdout) - 3 + count);
    },
  );

  it('is a standard input that has ended', async () => {
    const lvm = await fake('read line; echo "read: $? [$line]"');
    expect((await runLvm(settings(lvm), reports)).stdout).toBe('read: 1 []\n');
  });

  it('goes through the prefix', async () => {
    const lvm = await fake('echo "$MARK $1"');
    const prefix = ['env', 'MARK=through'];
    const { stdout } = await runLvm({ ...settings(lvm), prefix }, { argv: ['vgs'], log: 'none' });
    expect(stdout).toBe('through vgs\n');
  });

  it('is nothing at all if the configuration is not whole', async () => {
    const lvm = await fake('touch "$0.ran"');
    await expect(runLvm({ ...settings(lvm), config: 'log {' }, reports)).rejects.toThrow(TypeError);
    await expect(readFile(`${lvm}.ran`)).rejects.toThrow('ENOENT');
  });

  it('is nothing at all if the signal has fired before', async () => {
    const lvm = await fake('touch "$0.ran"');
    const outcome = await runLvm(settings(lvm), { ...reports, signal: AbortSignal.abort() });
    expect(outcome).toMatchObject({ ended: 'aborted', exitCode: null, signal: null, running: null });
    await expect(readFile(`${lvm}.ran`)).rejects.toThrow('ENOENT');
  });
});

describe('what lvm says', () => {
  it('is kept apart: standard output, standard error and fd 3, and the exit status', async () => {
    const lvm = await fake('echo out; echo err >&2; echo log >&3; exit 5');
    expect(await runLvm(settings(lvm), reports)).toMatchObject({
      ...{ stdout: 'out\n', stderr: 'err\n', report: 'log\n', exitCode: 5, signal: null },
      ...{ ended: 'exited', complete: true, running: null, hindrance: null },
    });
  });

  it('may be nothing', async () => {
    const outcome = await runLvm(settings(await fake('exit 0')), reports);
    expect(outcome).toMatchObject({ stdout: '', stderr: '', report: '', exitCode: 0, complete: true });
  });

  it.each(['>&1', '>&2', '>&3'])('is not complete if it is not UTF-8 (%s), and no error', async (where) => {
    const outcome = await runLvm(settings(await fake(`printf 'a\\377b' ${where}`)), reports);
    expect(outcome).toMatchObject({ exitCode: 0, complete: false });
    expect(outcome.stdout + outcome.stderr + outcome.report).toBe('a\ufffdb');
  });

  it('is cut at its bound, read to its end, and not complete: 300 MiB on fd 3', async () => {
    const lvm = await fake('head -c 314572800 /dev/zero >&3; echo done');
    const before = process.memoryUsage.rss();
    const outcome = await runLvm(settings(lvm), reports);
    expect(outcome).toMatchObject({ exitCode: 0, complete: false, stdout: 'done\n' });
    expect(outcome.report.length).toBe(outputBound);
    // The bytes kept, the same in one piece, and the text.
    expect(process.memoryUsage.rss() - before).toBeLessThan(4 * outputBound);
  });

  it('comes line by line as it is said, cut anywhere, for plain text', async () => {
    const lvm = await fake(
      `printf '  a: 1'; sleep 0.1; printf '0%%\\n  \\303'; sleep 0.1; printf '\\251\\n\\nlast'`,
    );
    const lines: string[] = [];
    const onLine = (line: string): void => void lines.push(line);
    const { stdout } = await runLvm(settings(lvm), { argv: ['pvmove'], log: 'none', onLine });
    expect(lines).toEqual(['  a: 10%', '  \u00e9', '', 'last']);
    expect(stdout).toBe('  a: 10%\n  \u00e9\n\nlast');
  });

  it('in one endless line does not fill the memory of who reads lines', async () => {
    const lengths: number[] = [];
    const onLine = (line: string): void => void lengths.push(line.length);
    const lvm = await fake('head -c 20000000 /dev/zero; echo; echo next');
    await runLvm(settings(lvm), { argv: ['pvmove'], log: 'none', onLine });
    expect(lengths).toEqual([64 * 1024, 4]);
  });

  it('may end with a signal', async () => {
    const outcome = await runLvm(settings(await fake('echo so >&2; kill -SEGV $$')), reports);
    expect(outcome).toMatchObject({ exitCode: null, signal: 'SIGSEGV', stderr: 'so\n', ended: 'exited' });
  });

  it('is whole although a child in the background keeps the pipes open, which is not waited for', async () => {
    const lvm = await fake('echo out; echo log >&3; (sleep 3; echo late >&3; touch "$0.late") & exit 0');
    const outcome = await runLvm(settings(lvm), reports);
    expect(outcome).toMatchObject({ stdout: 'out\n', report: 'log\n', exitCode: 0, complete: true });
    expect(outcome.duration).toBeLessThan(2000);
    // Its pipe is still read: SIGPIPE would have ended it before its last step.
    await expect.poll(() => readFile(`${lvm}.late`, 'utf8'), { timeout: 20_000, interval: 100 }).toBe('');
  });

  it('is whole although our process is busy when lvm ends', async () => {
    const lvm = await fake('head -c 100000 /dev/zero | tr "\\0" x >&3; (sleep 5) & exit 0');
    const running = runLvm(settings(lvm), reports);
    const busy = setInterval(() => {
      for (const end = Date.now() + 40; Date.now() < end; );
    }, 1);
    const outcome = await running.finally(() => clearInterval(busy));
    expect(outcome.report.length).toBe(100_000);
  });
});

describe('a command that does not end', () => {
  it('gets SIGTERM when its time is up, and its exit is waited for', async () => {
    const lvm = await fake('trap "sleep 0.3; echo ended >&2; exit 5" TERM; while :; do sleep 0.05; done');
    const outcome = await runLvm(settings(lvm), { ...reports, timeout: 500 });
    expect(outcome).toMatchObject({ ended: 'timed-out', exitCode: 5, running: null });
    expect(outcome.stderr).toContain('ended');
    expect(outcome.duration).toBeGreaterThan(780);
  });

  it('gets SIGTERM when the signal fires, and may have been done by then: the status says', async () => {
    const lvm = await fake('trap "exit 0" TERM; echo up >&3; while :; do sleep 0.05; done');
    const control = new AbortController();
    setTimeout(() => control.abort(), 500);
    const outcome = await runLvm(settings(lvm), { ...reports, signal: control.signal });
    expect(outcome).toMatchObject({ ended: 'aborted', exitCode: 0, report: 'up\n', running: null });
  });

  it('is told of by its signal if it dies of SIGTERM', async () => {
    const outcome = await runLvm(settings(await fake('exec sleep 60')), { ...reports, timeout: 300 });
    expect(outcome).toMatchObject({ ended: 'timed-out', exitCode: null, signal: 'SIGTERM' });
  });

  it('and takes no notice of SIGTERM is never killed: the promise resolves without it and tells of its end', async () => {
    const lvm = await fake(
      'trap "echo again >&2" TERM; echo up; until [ -e "$0.go" ]; do sleep 0.05; done; echo over; exit 0',
    );
    const outcome = await runLvm(settings(lvm), { ...reports, timeout: 400, grace: 400 });
    expect(outcome).toMatchObject({ ended: 'timed-out', exitCode: null, signal: null, complete: false });
    expect(outcome.duration).toBeGreaterThan(780);
    let over = false;
    const end = outcome.running?.then((last) => {
      over = true;
      return last;
    });
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(over).toBe(false);
    await writeFile(`${lvm}.go`, '');
    const last = await end;
    expect(last).toMatchObject({ ended: 'timed-out', exitCode: 0, signal: null, stdout: 'up\nover\n' });
    expect(last).toMatchObject({ stderr: 'again\n', running: null, complete: true });
  });

  it('is ended if the signal fires at the moment it is started', async () => {
    const lvm = await fake('exec sleep 20');
    const control = new AbortController();
    const onStart = (): void => control.abort();
    channel('child_process').subscribe(onStart);
    const outcome = await runLvm(settings(lvm), { ...reports, signal: control.signal });
    channel('child_process').unsubscribe(onStart);
    expect(outcome).toMatchObject({ ended: 'aborted', signal: 'SIGTERM' });
  });

  it('is ended once: an abort after the timeout does not interrupt its clean-up', async () => {
    const lvm = await fake('trap "echo term >&2" TERM; sleep 1 & wait; wait; sleep 0.7; exit 5');
    const control = new AbortController();
    setTimeout(() => control.abort(), 600);
    const outcome = await runLvm(settings(lvm), { ...reports, timeout: 300, signal: control.signal });
    expect(outcome).toMatchObject({ ended: 'timed-out', exitCode: 5, stderr: 'term\n' });
  });

  it('leaves no listener on the signal behind', async () => {
    const lvm = await fake('exit 0');
    const control = new AbortController();
    const warnings: Error[] = [];
    const warn = (warning: Error): void => void warnings.push(warning);
    process.on('warning', warn);
    await Promise.all(
      Array.from({ length: 20 }, () => runLvm(settings(lvm), { ...reports, signal: control.signal })),
    );
    process.off('warning', warn);
    expect(warnings).toEqual([]);
  });
});

describe('a command that waits', () => {
  it('is told of by onStuck within some seconds, with what it waits for, and goes on', async () => {
    const lvm = await fake(
      'exec 9>>"$0.V_vg"; flock 9; echo \'{"report":[],"log":[{"log_type":"status"}]}\' >&3',
    );
    const holder = spawn('flock', [
      `${lvm}.V_vg`,
      'sh',
      '-c',
      `until [ -e ${lvm}.go ] || [ ! -e ${lvm} ]; do sleep 0.05; done`,
    ]);
    await expect.poll(() => existsSync(`${lvm}.V_vg`), { timeout: 5000 }).toBe(true);
    const told: unknown[] = [];
    const instance = Lvm.open({
      binary: lvm,
      onStuck: (hindrance, [command]) => void told.push([hindrance.kind, command]),
    });
    const report = instance.fullreport();
    await expect.poll(() => told, { timeout: 15_000 }).toEqual([['locked', 'fullreport']]);
    await writeFile(`${lvm}.go`, '');
    expect(await report).toEqual({ groups: [], orphans: [] });
    holder.kill();
    expect(() => Lvm.open({ onStuck: 'log' as never })).toThrow(TypeError);
  });
});

describe('whether udevd and lvmpolld can be reached', () => {
  it('is found by their sockets: none, one without a process behind it, one that listens', async () => {
    const path = join(directory, 'socket');
    expect(await probeSocket(path)).toBe('absent');
    await writeFile(path, '');
    expect(await probeSocket(path)).toBe('dead');
    await rm(path);
    const server = createServer().listen(path);
    await new Promise((resolve) => server.once('listening', resolve));
    expect(await probeSocket(path)).toBe('alive');
    server.close();
    expect(await probeSocket(join(path, 'below'))).toBe('absent');
  });

  it.each([
    ['reachable', 'in the initial IPC namespace', '4026531839', '1'],
    ['reachable', 'in one that udevd is in too', '7', '7'],
    ['foreign', 'in one that udevd is not in', '7', '1'],
    ['foreign', 'in one where no udevd is to be seen, as in a container', '7', null],
  ] as const)('is %s for a socket that answers, %s', async (wanted, _, ours, udevd) => {
    const proc = await mkdtemp(join(directory, 'proc-'));
    const process = async (pid: string, name: string, namespace: string): Promise<void> => {
      await mkdir(join(proc, pid, 'ns'), { recursive: true });
      await writeFile(join(proc, pid, 'comm'), `${name}\n`);
      await symlink(`ipc:[${namespace}]`, join(proc, pid, 'ns', 'ipc'));
    };
    await process('self', 'node', ours);
    // PID 1 of a container shares its namespace, and proves nothing.
    await process('1', 'init', ours);
    if (udevd !== null) await process('300', 'systemd-udevd', udevd);
    const udevSocket = join(proc, 'control');
    const server = createServer().listen(udevSocket);
    await new Promise((resolve) => server.once('listening', resolve));
    const lvmpolldSocket = join(proc, 'none');
    expect(await probeFacilities([], { udevSocket, lvmpolldSocket, proc })).toEqual({
      udev: wanted,
      lvmpolld: false,
    });
    server.close();
  });

  it('is not known where a prefix leads nowhere', async () => {
    expect(await probeFacilities(['false'])).toBeNull();
    expect(await probeFacilities([join(directory, 'no-such-program')])).toBeNull();
  });

  it('is not waited for longer than the command may take, nor past its abort', async () => {
    const deaf = await fake('trap "" TERM; until [ -e "$0.go" ] || [ ! -e "$0" ]; do sleep 0.05; done');
    const lvm = await fake('touch "$0.ran"');
    const through: RunSettings = { ...settings(lvm), prefix: [deaf] };
    const outcome = await runLvm(through, { ...reports, timeout: 300 });
    expect(outcome).toMatchObject({ ended: 'timed-out', exitCode: null, running: null });
    const aborted = await runLvm(through, { ...reports, signal: AbortSignal.timeout(100) });
    expect(aborted).toMatchObject({ ended: 'aborted', exitCode: null, running: null });
    await expect(readFile(`${lvm}.ran`)).rejects.toThrow('ENOENT');
    await writeFile(`${deaf}.go`, '');
  });

  it('is waited for five seconds, although the prefix takes no notice of SIGTERM', async () => {
    const deaf = await fake('trap "" TERM; until [ -e "$0.go" ] || [ ! -e "$0" ]; do sleep 0.05; done');
    const began = performance.now();
    expect(await probeFacilities([deaf])).toBeNull();
    expect(performance.now() - began).toBeLessThan(8000);
    await writeFile(`${deaf}.go`, '');
  });

  it('is asked again by the next command if it could not be found out', async () => {
    const prefix = await fake(
      'echo "$1" >>"$0.asked"; [ -e "$0.go" ] || [ "$1" != readlink ] || exit 1; exec "$@"',
    );
    const through: RunSettings = { ...settings(await fake('echo "$1"')), prefix: [prefix] };
    const asked = async () => (await readFile(`${prefix}.asked`, 'utf8')).match(/^readlink$/gm)?.length;
    await runLvm(through, reports);
    await writeFile(`${prefix}.go`, '');
    await runLvm(through, reports);
    expect(await asked()).toBe(2);
    expect((await runLvm(through, reports)).stdout).toBe('lvs\n');
    expect(await asked()).toBe(2);
  });

  it('through a prefix that changes no namespace is as without one', async () => {
    expect(await probeFacilities(['env'])).toEqual(await probeFacilities([]));
  });
});

const reports: Run = { argv: ['lvs'], log: 'json' };

function settings(binary: string): RunSettings {
  return {
    ...{ binary, prefix: [], environment: {}, config: '', devices: [] },
    ...{ devicesFile: undefined, profile: undefined },
  };
}

let made = 0;

/** A program in lvm's place, of lines of shell. */
async function fake(body: string): Promise<string> {
  const path = join(directory, `lvm-${++made}`);
  await writeFile(path, `#!/bin/sh\n${body}\n`);
  await chmod(path, 0o755);
  return path;
}
