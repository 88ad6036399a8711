import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkAddon, checkDriver, checkLibrary } from '../../../lib/cli/checks-asked.ts';
import { checkNodes, checkPrivilege, checkSysfs } from '../../../lib/cli/checks-system.ts';
import { commandVersion } from '../../../lib/cli/command-version.ts';
import { checkLines } from '../../../lib/cli/doctor.ts';
import { plainLook } from '../../../lib/cli/look.ts';
import { DmError, type DmReason } from '../../../lib/errors.ts';

const failed = (reason: DmReason) => ({
  error: new DmError({ reason, errno: 0, operation: 'version', device: '', log: ['why'] }),
});
const answered = { versions: { library: '1.02.185', driver: '4.47.0' }, targets: 12 };

describe('doctor', () => {
  it('finds all well where device-mapper answers', () => {
    const checks = [checkAddon(answered), checkLibrary(answered), checkDriver(answered)];
    expect(checks.map(({ state }) => state)).toEqual(['ok', 'ok', 'ok']);
  });

  it.each([
    ['no-addon', ['problem', 'note', 'problem']],
    ['no-library', ['ok', 'problem', 'problem']],
    ['no-driver', ['ok', 'ok', 'problem']],
  ] as const)('blames the right part for %s', (reason, states) => {
    const asked = failed(reason);
    const checks = [checkAddon(asked), checkLibrary(asked), checkDriver(asked, '')];
    expect(checks.map(({ state }) => state)).toEqual(states);
    for (const { state, advice } of checks)
      if (state === 'problem') expect(advice).toMatch(/^(Run|Install) /);
  });

  it('knows the driver by /proc/misc where it may not ask it', () => {
    expect(checkDriver(failed('no-privilege'), '236 device-mapper\n').state).toBe('ok');
    expect(checkDriver(failed('no-privilege'), '236 fuse\n').state).toBe('problem');
  });

  it('reads the capability from the bits of the process', () => {
    expect(checkPrivilege('Name:\tx\nCapEff:\t0000000000200000\n').state).toBe('ok');
    expect(checkPrivilege('CapEff:\t000001ffffdfffff\n').state).toBe('problem');
    expect(checkPrivilege('').state).toBe('note');
  });

  it('says what to do about missing nodes and sysfs', () => {
    const empty = mkdtempSync(join(tmpdir(), 'devmapper-'));
    expect(checkNodes([], empty)).toMatchObject({
      state: 'problem',
      found: expect.stringContaining('ENOENT'),
    });
    expect(checkSysfs(empty)).toMatchObject({ state: 'problem', advice: expect.stringContaining('mount') });
    rmSync(empty, { recursive: true });
  });

  it('shows a line a check with the advice below, within the terminal', () => {
    const checks = [
      { name: 'library', state: 'ok', found: 'libdevmapper 1', advice: null },
      { name: 'driver', state: 'problem', found: 'none', advice: 'Run modprobe and look at the log' },
    ] as const;
    expect(`\n${checkLines(checks, { ...plainLook, width: 40 }).join('\n')}\n`).toBe(`
ok       library  libdevmapper 1
problem  driver   none
                  Run modprobe and look
                  at the log
`);
  });
});

describe('commandVersion', () => {
  it('finds the version behind its label, whatever the exit status', async () => {
    const script = 'console.log("  Some version:  1.2 (today)"); process.exitCode = 5';
    expect(await commandVersion(process.execPath, ['-e', script], 'Some version:')).toEqual({
      version: '1.2 (today)',
    });
  });

  it('tells a missing command from one that fails', async () => {
    expect(await commandVersion('no-such-command-here', [], 'x')).toBeNull();
    expect(await commandVersion(process.execPath, ['-e', 'process.exit(3)'], 'x')).toEqual({
      problem: 'it ended with status 3',
    });
  });
});
