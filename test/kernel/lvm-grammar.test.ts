import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { operations } from '../../lib/lvm/commands/index.ts';
import { toLvmError } from '../../lib/lvm/errors.ts';
import { isNoise } from '../../lib/lvm/noise.ts';
import { parsePrompts } from '../../lib/lvm/questions.ts';
import { outcomeOf } from '../unit/lvm/failures.ts';
import { callsOf, commandLineOf } from '../unit/lvm/support/calls.ts';
import { flatten } from '../unit/lvm/support/document.ts';
import { grammars, unknownOptions } from '../unit/lvm/support/grammar.ts';

const all = flatten(operations);
const [old] = grammars;
const lines = all.flatMap(([name, operation]) =>
  fc.sample(callsOf(operation), { numRuns: 10, seed: 1 }).flatMap((call) => {
    const argv = commandLineOf(operation, call)?.argv;
    // What came after 2.03.16 is only in the grammar of the newer one.
    return argv === undefined || old === undefined || unknownOptions(old, argv).length > 0
      ? []
      : [{ name, argv }];
  }),
);
let answers: readonly string[] = [];

beforeAll(async () => {
  answers = await runAll(lines.map(({ argv }) => argv));
});

it.each(all)('%s: lvm takes each command line, whatever the options', async (name) => {
  const own = lines.flatMap((line, index) => (line.name === name ? [{ ...line, said: answers[index] }] : []));
  expect(own.length).toBeGreaterThan(0);
  for (const { argv, said } of own) {
    if (said !== undefined && isTaken(said)) continue;
    // The shell does not tell a status, and keeps some state from line to line: by itself it has to be taken.
    expect([argv.join(' '), await runAlone(argv)]).not.toEqual([argv.join(' '), 'command-invalid']);
  }
});

it('a command line that lvm does not take is told from those', async () => {
  const bad = [
    ['lvcreate', '--type', 'linear', '--', 'vg'],
    ['lvs', '--bogus'],
    ['lvcreate', '--alloc', 'normal', '--contiguous', 'y', '--size', '4m', '--', 'vg'],
  ];
  expect((await runAll([...bad, ['vgscan']])).map(isTaken)).toEqual([false, false, false, true]);
  for (const argv of bad) expect(await runAlone(argv)).toBe('command-invalid');
});

function isTaken(stderr: string): boolean {
  const { reason } = toLvmError(outcomeOf({ exitCode: 5, stderr }), []);
  const isSilent = parsePrompts(stderr).lines.every((line) => isNoise(line) || line.startsWith('WARNING: '));
  return reason !== 'command-invalid' && (reason !== 'other' || isSilent);
}

/** The reason why a command line fails in a process of its own. */
async function runAlone([command = '', ...words]: readonly string[]): Promise<string> {
  const argv = [command, '--test', '--config', 'devices/filter=["r|.*|"]', ...words];
  const { exitCode, stderr } = await new Promise<{ exitCode: number; stderr: string }>((resolve) => {
    execFile('lvm', argv, (error, _, said) => {
      resolve({ exitCode: error === null ? 0 : Number(error.code), stderr: said });
    });
  });
  return toLvmError(outcomeOf({ exitCode, stderr }), []).reason;
}

/**
 * Has lvm's own shell go through all command lines with `--test`, and no device in sight: each is parsed, and then finds
 * nothing. What it says to each on its standard error.
 */
async function runAll(argvs: readonly (readonly string[])[]): Promise<readonly string[]> {
  const system = await mkdtemp(join(tmpdir(), 'devmapper-grammar-'));
  await mkdir(join(system, 'archive'));
  await writeFile(
    join(system, 'lvm.conf'),
    'devices { filter=["r|.*|"] use_devicesfile=0 }\nactivation { udev_sync=0 udev_rules=0 monitoring=0 }\n',
  );
  const child = spawn('lvm', [], {
    env: { ...process.env, LC_ALL: 'C', LVM_SYSTEM_DIR: system },
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  const said: Buffer[] = [];
  child.stderr.on('data', (data: Buffer) => said.push(data));
  const script = argvs.flatMap(([command = '', ...words], index) => [
    [command, '--test', ...words].map((word) => `"${word}"`).join(' '),
    // Ends what is said to this line: there is no such command.
    `next${index}`,
  ]);
  child.stdin.end(`${script.join('\n')}\n`);
  await new Promise((resolve) => child.once('close', resolve));
  await rm(system, { recursive: true });
  const parts = Buffer.concat(said)
    .toString()
    .split(/^.*No such command '?next\d+'?.*\n?/m);
  expect(parts).toHaveLength(argvs.length + 1);
  return parts.slice(0, -1);
}
