import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const made = mkdtempSync(join(tmpdir(), 'devmapper-terminal-'));
const program = join(made, 'program.mjs');

const enter = '\x1b[?1049h\x1b[?25l\x1b[?7l';
const leave = '\x1b[?7h\x1b[?25h\x1b[?1049l';

beforeAll(() => {
  const tsc = `${root}/node_modules/typescript/bin/tsc`;
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', made], { cwd: root });
  writeFileSync(join(made, 'package.json'), '{ "type": "module" }');
  // Draws its process id and the size, ends with q, throws with x.
  writeFileSync(
    program,
    `import { takeTerminal } from './cli/top-terminal.js';
     const draw = () => {
       const { width, height } = terminal.size();
       terminal.draw(['process ' + process.pid + ' ' + width + 'x' + height + ' drawn']);
     };
     const terminal = takeTerminal({ input: process.stdin, output: process.stdout }, ({ name }) => {
       if (name === 'x') throw new Error('out of order');
       if (name === 'z') terminal.suspend();
       if (name === 'q') { terminal.close(); process.exit(7); }
     }, draw);
     draw();
     setInterval(() => {}, 1000);`,
  );
});
afterAll(() => rmSync(made, { recursive: true }));
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});

describe('the terminal of devmapper top', () => {
  it('is taken as a whole: other screen, no cursor, no echo', async () => {
    const terminal = await start();
    expect(terminal.text()).toContain(enter);
    expect(settings(terminal.device)).toMatch(/ -icanon .* -echo /s);
  });

  it.each<[string, (terminal: Running) => void, string]>([
    ['q', (terminal) => terminal.press('q'), 'status 7'],
    ['SIGINT', (terminal) => process.kill(terminal.pid, 'SIGINT'), 'status 130'],
    ['SIGTERM', (terminal) => process.kill(terminal.pid, 'SIGTERM'), 'status 143'],
    ['SIGHUP', (terminal) => process.kill(terminal.pid, 'SIGHUP'), 'status 129'],
    ['SIGQUIT', (terminal) => process.kill(terminal.pid, 'SIGQUIT'), 'status 131'],
    ['an exception', (terminal) => terminal.press('x'), 'status 1'],
  ])('is given back at %s', async (_, end, status) => {
    const terminal = await start();
    end(terminal);
    await terminal.shows(status);
    expect(terminal.text().indexOf(leave)).toBeGreaterThan(terminal.text().indexOf(enter));
    await terminal.shows(/ icanon .* echo /s);
  });

  it('shows the trace of an exception on the screen that stays', async () => {
    const terminal = await start();
    terminal.press('x');
    await terminal.shows('status 1');
    expect(terminal.text().indexOf('out of order')).toBeGreaterThan(terminal.text().indexOf(leave));
  });

  it.each<[string, (terminal: Running) => void]>([
    ['SIGTSTP', (terminal) => process.kill(terminal.pid, 'SIGTSTP')],
    ['Ctrl-Z', (terminal) => terminal.press('z')],
  ])('is given back at %s, and taken again at SIGCONT', async (_, stop) => {
    const terminal = await start();
    stop(terminal);
    await terminal.shows(leave);
    await until(() => stateOf(terminal.pid) === 'T');
    expect(settings(terminal.device)).toMatch(/ icanon .* echo /s);
    const before = terminal.text().length;
    process.kill(terminal.pid, 'SIGCONT');
    await until(() => {
      const [, again = ''] = terminal.text().slice(before).split(enter);
      return again.includes('drawn');
    });
    expect(settings(terminal.device)).toMatch(/ -icanon .* -echo /s);
  });

  it('is drawn anew at another size', async () => {
    const terminal = await start();
    execFileSync('stty', ['-F', terminal.device, 'cols', '40', 'rows', '7']);
    await terminal.shows(`process ${terminal.pid} 40x7 drawn`);
  });

  it('may go away: the process ends', async () => {
    const terminal = await start();
    terminal.kill();
    await until(() => stateOf(terminal.pid) === undefined);
  });
});

interface Running {
  readonly pid: number;
  /** The terminal's device file. */
  readonly device: string;
  text(): string;
  press(key: string): void;
  shows(expected: string | RegExp): Promise<void>;
  kill(): void;
}

const running: ChildProcess[] = [];

async function start(): Promise<Running> {
  const line = `stty cols 80 rows 24; ${process.execPath} ${program}; echo "status $?"; stty -a`;
  const child = spawn('script', ['-qec', line, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] });
  running.push(child);
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (more: string) => {
    text += more;
  });
  await until(() => /process \d+ 80x24 drawn/.test(text));
  const pid = Number(/process (\d+) /.exec(text)?.[1]);
  return {
    pid,
    device: readlinkSync(`/proc/${pid}/fd/0`),
    text: () => text,
    press: (key) => child.stdin.write(key),
    shows: (expected) =>
      until(() => (typeof expected === 'string' ? text.includes(expected) : expected.test(text))),
    kill: () => child.kill('SIGKILL'),
  };
}

function settings(device: string): string {
  return execFileSync('stty', ['-F', device, '-a'], { encoding: 'utf8' });
}

// proc(5): the state is the first word after the name in brackets.
function stateOf(pid: number): string | undefined {
  try {
    return /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}

async function until(holds: () => boolean): Promise<void> {
  const end = performance.now() + 30_000;
  while (!holds()) {
    if (performance.now() > end) throw new Error('it has not come within 30 seconds');
    await setTimeout(20);
  }
}
