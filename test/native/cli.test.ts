import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const main = `${root}/dist/cli/main.js`;
const hasDriver = /^\s*\d+ device-mapper$/m.test(readFileSync('/proc/misc', 'utf8'));
const isRoot = process.getuid?.() === 0;

beforeAll(() => {
  execFileSync(process.execPath, [`${root}/node_modules/typescript/bin/tsc`, '-p', 'tsconfig.build.json'], {
    cwd: root,
  });
});

describe.skipIf(hasDriver)('where the kernel has no device-mapper', () => {
  it.each([
    ['status'],
    ['table'],
    ['list'],
    ['tree'],
    ['watch'],
    ['watch', 'vg/home', '--json'],
    ['wait', 'vg/home', '--until', 'in-sync'],
  ])('%s says so, what to do, and ends with 3', async (...command) => {
    const { status, stdout, stderr } = await run(command);
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' });
    expect(stderr).toMatch(/^devmapper: \w+: the kernel offers no device-mapper .*modprobe dm-mod.*\n$/);
  });

  it('doctor blames the driver, in one screen, and ends with 1', async () => {
    const { status, stdout, stderr } = await run(['doctor']);
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
    expect(stdout).toMatch(/^problem +driver +the kernel offers no device-mapper$/m);
    expect(stdout).toMatch(/^ok +addon /m);
    expect(stdout.split('\n').length).toBeLessThan(25);
  });

  it.runIf(isRoot)('an unprivileged user is told the same', async () => {
    const child = ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, main];
    const { status, stderr } = await run(['status'], { command: 'setpriv', before: child });
    expect(status).toBe(3);
    expect(stderr).toMatch(/no device-mapper|CAP_SYS_ADMIN/);
    const doctor = await run(['doctor', '--json'], { command: 'setpriv', before: child });
    expect(JSON.parse(doctor.stdout)).toContainEqual(
      expect.objectContaining({ name: 'privilege', state: 'problem' }),
    );
  });
});

describe('without libdevmapper', () => {
  it('status says what to install and ends with 3', async () => {
    const { status, stdout, stderr } = await run(['status', '--library', '/nope']);
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' });
    expect(stderr).toMatch(/libdevmapper could not be loaded \(\/nope: .*Install it: libdevmapper1\.02\.1/);
    expect(stderr).not.toMatch(/^ +at /m);
  });

  it('doctor blames the library and ends with 1', async () => {
    const { status, stdout } = await run(['doctor', '--library', '/nope', '--json']);
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toContainEqual(expect.objectContaining({ name: 'library', state: 'problem' }));
  });
});

describe('decode', () => {
  const real = [
    'vg-mir: 0 131072 mirror 2 254:1 254:2 31/32 1 AA 3 disk 254:0 A',
    'vg-r1: 0 98304 raid raid1 2 AA 98304/98304 idle 0 0 -',
    'vg-snap: 0 65536 snapshot 28800/32768 128',
  ];

  it('ends with 0 if every line is understood', async () => {
    const { status, stdout, stderr } = await run(['decode'], { input: `${real.join('\n')}\n` });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^vg-mir +0 +64\.00 MiB +mirror .*96\.88% +busy +syncing$/m);
  });

  it('reports a line of nonsense with its number, goes on, and ends with 1', async () => {
    const input = [real[0], 'what is this \x1b[31m', real[1]].join('\n');
    const { status, stdout, stderr } = await run(['decode', '--json'], { input });
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject([
      { line: 1, name: 'vg-mir', health: 'busy', problem: null },
      { kind: 'foreign', line: 2, problem: expect.any(String) },
      { line: 3, name: 'vg-r1', health: 'ok', problem: null },
    ]);
    expect(stderr).toMatch(/^devmapper: line 2: .*what is this \\x1b\[31m$/m);
  });

  it('never prints a key', async () => {
    const key = '0123456789abcdef'.repeat(4);
    const input = `c: 0 8 crypt aes-xts-plain64 ${key} 0 7:0 0\nrubbish ${key}\n`;
    for (const options of [[], ['--table'], ['--json'], ['--table', '--json']]) {
      const { stdout, stderr } = await run(['decode', ...options], { input });
      expect(stdout + stderr).not.toContain(key.slice(0, 8));
    }
  });

  it('says that it was given tables', async () => {
    const { status, stderr } = await run(['decode'], { input: 'p: 0 8 thin-pool 254:20 254:21 128 0 0 \n' });
    expect(status).toBe(1);
    expect(stderr).toContain('try the option --table');
  });

  it('ends quietly when its reader has gone', async () => {
    const shell = `yes 'vg-a: 0 8 linear' | "$0" "$1" decode | head -n 2`;
    const { status, stdout, stderr } = await run([], {
      command: 'sh',
      before: ['-c', shell, process.execPath, main],
    });
    expect({ status, lines: stdout.split('\n').length, stderr }).toEqual({ status: 0, lines: 3, stderr: '' });
  });

  it('ends with 130 on SIGINT', async () => {
    const child = spawn(process.execPath, [main, 'decode'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const ended = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
    child.stdin.write('x: 0 8 linear \n'.repeat(1000));
    await new Promise((resolve) => child.stdout.once('data', resolve));
    child.kill('SIGINT');
    expect(await ended).toBe(130);
  });
});

describe('usage', () => {
  it.each([
    [[], 'Usage: devmapper'],
    [['bogus'], "unknown command 'bogus'"],
    [['status', '--bogus'], "unknown option '--bogus'"],
    [['status', '--timeout', 'soon'], 'whole number of milliseconds'],
    [['status', '--library', ''], 'path of a file'],
    [['list', 'surplus'], 'too many arguments'],
    [['wait', '--until', 'merged'], "missing required argument 'NAME'"],
    [['wait', 'vg/home'], "required option '--until <state>' not specified"],
    [['wait', 'vg/home', '--until', 'soon'], 'in-sync, merged'],
    [['wait', 'vg/home', '--until', 'merged', '--timeout', '10'], 'such as 500ms, 30s, 10m or 2h'],
    [['top'], '"devmapper status" prints all once, "devmapper watch" a line a change'],
  ])('%j is wrong and ends with 2', async (args, message) => {
    const { status, stdout, stderr } = await run(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(message);
  });

  it.each([
    [],
    ['status'],
    ['top'],
    ['watch'],
    ['wait'],
    ['table'],
    ['list'],
    ['tree'],
    ['decode'],
    ['doctor'],
    ['lvs'],
    ['vgs'],
    ['pvs'],
    ['exporter'],
  ])('%s --help has examples and ends with 0', async (...command) => {
    const { status, stdout, stderr } = await run([...command, '--help']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^Examples:\n {2}\S/m);
  });

  it('--version is the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as { version: string };
    expect(await run(['--version'])).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
    expect(existsSync(main)).toBe(true);
  });
});

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(
  args: readonly string[],
  how: { readonly input?: string; readonly command?: string; readonly before?: readonly string[] } = {},
): Promise<Outcome> {
  const { input = '', command = process.execPath, before = [main] } = how;
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...before, ...args], { timeout: 60_000 });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, stdout, stderr }));
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}
