import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DeviceMapper } from '../../lib/index.ts';
import { planWithSnapshot } from '../../lib/workflows/index.ts';
import type { WithSnapshotOptions } from '../../lib/workflows/snapshot/with-snapshot-options.ts';
import { loopDisk, volumeGroup } from './support/lab.ts';
import { openLvm } from './support/lvm.ts';
import { until } from './support/moment.ts';
import { checksums, fill, mounted, remains, withExt4 } from './support/snapshots.ts';
import { type Call, callApart, type Ended, killAtEachStep, lvmIsQuiet } from './support/workflow-kill.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());
const lvm = openLvm({ dm });
const vg = 'ks';
let home = '';
let contents: Readonly<Record<string, string>> = {};
let untouched: readonly string[] = [];

beforeAll(async () => {
  await volumeGroup(vg, [await loopDisk(96)]);
  home = (await mounted(await withExt4(vg, 'home', 16))).path;
  await fill(join(home, 'file'), 2);
  contents = await checksums(home);
  untouched = await remains(vg);
});

const call: Call = { workflow: 'withSnapshot', options: { volumes: `${vg}/home` }, callback: 'nothing' };

async function check(second: Ended): Promise<void> {
  expect(second.end).toMatchObject({ kind: 'result', outcome: 'done' });
  expect(await remains(vg)).toEqual(untouched);
  expect(await checksums(home)).toEqual(contents);
}

async function left(): Promise<string> {
  const found = (await remains(vg)).filter(
    (line) => !untouched.includes(line) && !line.startsWith('device '),
  );
  if (found.length === 0) return 'nothing';
  const snapshot = found.filter((line) => line.startsWith('home_snap '));
  const mount = found.some((line) => line.startsWith('mount '));
  const directory = found.some((line) => /^\/.*\/mount-/.test(line));
  return [...snapshot, ...(mount ? ['mounted'] : directory ? ['its directory'] : [])].join(', ');
}

it('withSnapshot, killed anywhere, leaves what its next run removes, and the volume as it was', async () => {
  const rows = await killAtEachStep({
    vg,
    // The second run of one case has taken away what was left: each begins with the same volume.
    setUp: async () => call,
    plan: ({ options }) => planWithSnapshot({ dm, lvm }, options as unknown as WithSnapshotOptions),
    left,
    check,
  });
  // Each of the three steps, and both clean-ups.
  expect(rows.map(({ step, moment }) => `${moment} ${step}`)).toEqual([
    ...['before snapshot', 'during snapshot', 'before mount', 'during mount', 'before use', 'during use'],
    ...['cleanup mount', 'cleanup snapshot'],
  ]);
  expect(rows.filter(({ left }) => left.includes('not killed'))).toEqual([]);
}, 600_000);

// The kill of a step comes with its first command, which is a look; here the one that changes something runs already.
it.each(['lvcreate', 'lvremove'])('withSnapshot, killed while %s runs, is as well', async (command) => {
  const script = fileURLToPath(new URL('./support/workflow-child.mjs', import.meta.url));
  const child = spawn(process.execPath, [script, JSON.stringify(call)], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  await until(
    () => runs(command),
    (is) => is,
    120,
  );
  child.kill('SIGKILL');
  expect(await ended).toEqual([null, 'SIGKILL']);
  // lvm has not got the signal, and does what it had begun.
  await until(
    () => runs(command),
    (is) => !is,
    120,
  );
  await lvmIsQuiet(vg);
  process.stdout.write(`\nMATRIX withSnapshot, killed while ${command} runs: ${await left()}\n`);
  await check(await callApart(call));
});

async function runs(command: string): Promise<boolean> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return lines.some((line) => line.split('\0')[1] === command);
}
