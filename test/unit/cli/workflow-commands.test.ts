import { describe, expect, it } from 'vitest';
import { backupState, splitState } from '../../../lib/cli/backup.ts';
import { exitStatus } from '../../../lib/cli/exit.ts';
import { mirrorState } from '../../../lib/cli/mirror.ts';
import { run } from '../../../lib/cli/program.ts';
import { replaceState } from '../../../lib/cli/replace.ts';
import { rollbackState } from '../../../lib/cli/rollback.ts';
import { runCommand, snapshotState, variablesOf } from '../../../lib/cli/snapshot.ts';
import { guardLine, isLoss } from '../../../lib/cli/snapshot-guard.ts';
import { parseSize } from '../../../lib/cli/workflow-options.ts';
import { keepingIo } from './watch-script.ts';

const never = new AbortController().signal;

async function call(...args: readonly string[]) {
  const io = keepingIo();
  const status = await run(args, io);
  return { status, written: io.written(), complained: io.complained() };
}

describe('each subcommand that changes something', () => {
  it.each([
    [['mirror']],
    [['mirror', 'create']],
    [['mirror', 'add']],
    [['replace']],
    [['snapshot']],
    [['snapshot', 'guard']],
    [['backup']],
    [['rollback']],
  ])('%j tells a stranger what it does, with examples', async (words) => {
    const { status, written } = await call(...words, '--help');
    expect(status).toBe(0);
    expect(written).toMatch(/^Usage: devmapper \w+/);
    expect(written.split('\n').every((line) => line.length <= 100)).toBe(true);
    if (words.length === 1 || words[1] === 'guard') expect(written).toContain('Examples:\n  devmapper ');
    if (words.join() !== 'mirror') expect(written).toContain('Exit status: 0');
  });

  it.each([
    [['mirror', 'create', 'vg/lv'], /--size/],
    [['mirror', 'create', 'vg/lv', '--size', '10'], /size with a unit/],
    [['mirror', 'create', 'vg/lv', '--size', '1GiB', '--copies', '0'], /1 at least/],
    [['mirror', 'add'], /VG\/LV/],
    [['replace'], /VG/],
    [['rollback'], /VG\/SNAPSHOT/],
    [['snapshot', 'vg/lv'], /-- COMMAND/],
    [['backup', 'vg/lv'], /--split NAME/],
    [['backup', 'vg/lv', '/a', '--split', 'copy'], /not both/],
    [['backup', 'vg/lv', '/a', '--by', 'split', '--size', '1GiB'], /--by split/],
    [['backup', 'vg/lv', '/a', '--by', 'hand'], /Allowed choices/],
    [['backup', 'vg/lv', '--split', 'c', '--verify'], /--verify.* not for --split/],
    [['backup', 'vg/lv', '--split', 'c', '--no-sparse'], /--no-sparse are for a copy/],
    [['snapshot', 'guard', 'vg/s', '--threshold', '100'], /percentage/],
    // Of "snapshot", which must not take it from "guard": that would extend for real.
    [['snapshot', 'guard', 'vg/s', '--dry-run'], /unknown option '--dry-run'/],
    [['snapshot', '--dry-run', 'guard', 'vg/s'], /--dry-run stands before "guard"/],
  ])('%j is wrong usage', async (words, message) => {
    const { status, complained } = await call(...words);
    expect(status).toBe(exitStatus.usage);
    expect(complained).toMatch(message);
  });

  it('takes a size that has a unit', () => {
    expect(parseSize('1.5GiB')).toBe('1.5GiB');
    for (const text of ['', '10', '10G', '-1GiB', '0B']) expect(() => parseSize(text)).toThrow(/unit/);
  });
});

describe('the last line', () => {
  it('of a rollback says of each origin what it is', () => {
    const of = (state: 'merged' | 'merging' | 'deferred') => ({ origin: 'vg/o', snapshot: 'vg/s', state });
    const words = rollbackState({ origins: [of('merged'), of('merging'), of('deferred')] } as never);
    expect(words).toBe(
      'vg/o is what vg/s held, and vg/s is gone; vg/o reads as vg/s, which the kernel goes on to merge into it; vg/s is merged when vg/o is activated the next time; until then vg/o is as it was.',
    );
  });

  it('of a mirror says where its copies and its log are, and whether they are in sync', () => {
    const mirror = {
      volume: { fullName: 'vg/m' },
      legs: [{ devices: ['/dev/sdb', '/dev/sdc'] }, { devices: ['/dev/sdd'] }],
    };
    expect(mirrorState({ ...mirror, inSync: true, logDevices: [] } as never)).toBe(
      'vg/m has 2 copies (/dev/sdb and /dev/sdc; /dev/sdd), all in sync.',
    );
    expect(mirrorState({ ...mirror, inSync: false, logDevices: ['/dev/sde'] } as never)).toBe(
      'vg/m has 2 copies (/dev/sdb and /dev/sdc; /dev/sdd), its log on /dev/sde, which get in sync in the background.',
    );
  });

  it('of a replacement says what came, went, and was lost', () => {
    const nothing = {
      ...{ removed: [], added: [], repaired: [], destroyed: [], kept: [], blocked: [], syncing: [] },
      warnings: [],
    };
    const result = { outcome: 'done', removed: ['u-1'], added: ['/dev/sdd'], repaired: ['vg/m'] };
    expect(replaceState('vg', { ...nothing, ...result, kept: ['vg/l'] } as never)).toBe(
      'u-1 left vg; /dev/sdd came into it; vg/m has all its copies again; vg/l has lost data, and is there still.',
    );
    const already = { ...nothing, outcome: 'already' };
    expect(replaceState('vg', already as never)).toMatch(/lacks no disk/);
    for (const still of [{ kept: ['vg/l'] }, { blocked: ['vg/l'] }, { syncing: ['vg/l'] }])
      expect(replaceState('vg', { ...already, ...still } as never)).toMatch(/^vg\/l (?:has|lacks|gets) /);
    expect(replaceState('vg', { ...already, destroyed: ['vg/a', 'vg/b', 'vg/c'] } as never)).toBe(
      'vg/a, vg/b and vg/c are gone.',
    );
    expect(replaceState('vg', { ...already, warnings: ['so it is'] } as never)).not.toMatch(/lacks no disk/);
  });

  it('of a backup has the checksum, of a split how to mount it', () => {
    const copy = { to: '/b', bytes: 4096, holes: 1024, checksum: 'abc' };
    expect(backupState('vg/o', { copy } as never)).toBe(
      '/b has vg/o: 4096 bytes, 1024 of them zeros that were left out, sha256 abc; vg/o is as before.',
    );
    const split = { volume: 'vg/m', copy: 'vg/c', path: '/dev/mapper/vg-c', readOnly: true, copiesLeft: 1 };
    expect(splitState({ ...split, mountOptions: ['ro', 'noload'] } as never)).toBe(
      'vg/c (/dev/mapper/vg-c, read-only) is split off vg/m, which has 1 copy left; mount it with -o ro,noload.',
    );
  });
});

describe('the command of a snapshot', () => {
  const snapshot = (name: string, directory: string | null) => ({
    ...{ origin: 'vg/o', name, device: `/dev/mapper/${name.replace('/', '-')}`, directory },
    ...{ filesystem: null, thin: false, takenAt: new Date(0) },
  });

  it('finds each snapshot in its environment, the first without a number as well', () => {
    expect(variablesOf([snapshot('vg/a', '/run/a'), snapshot('vg/b', null)])).toEqual({
      DEVMAPPER_SNAPSHOT: 'vg/a',
      DEVMAPPER_DEVICE: '/dev/mapper/vg-a',
      DEVMAPPER_DIRECTORY: '/run/a',
      DEVMAPPER_SNAPSHOT_1: 'vg/a',
      DEVMAPPER_DEVICE_1: '/dev/mapper/vg-a',
      DEVMAPPER_DIRECTORY_1: '/run/a',
      DEVMAPPER_SNAPSHOT_2: 'vg/b',
      DEVMAPPER_DEVICE_2: '/dev/mapper/vg-b',
    });
  });

  it('is run without a shell, and its end is told', async () => {
    const words = ['sh', '-c', 'test "$X" = "a b" && exit 3'];
    const ended = await runCommand(words, { X: 'a b' }, never);
    expect(ended).toEqual({ command: 'sh', status: 3, signal: null });
    const state = snapshotState({ value: ended, snapshots: [{ name: 'vg/s' }] } as never);
    expect(state).toBe('sh ended with status 3; vg/s is removed.');
    await expect(runCommand(['no-such-command'], {}, never)).rejects.toThrow(/ENOENT/);
  });

  it('is ended with SIGTERM when the snapshot is lost, even before it has begun', async () => {
    const ended = await runCommand(['sleep', '60'], {}, AbortSignal.timeout(20));
    expect(ended).toMatchObject({ status: null, signal: 'SIGTERM' });
    const aborted = await runCommand(['sleep', '60'], {}, AbortSignal.abort()).catch((error) => error);
    expect(aborted).toMatchObject({ name: 'AbortError' });
  });
});

describe('the end of the guard', () => {
  const at = { at: 0, volume: 'vg/s', message: 'so it is' } as const;

  it('is bad if the snapshot is lost, or the pool has failed', () => {
    expect(isLoss({ ...at, kind: 'overflowed', part: 'snapshot' })).toBe(true);
    expect(isLoss({ ...at, kind: 'failed', part: 'metadata' })).toBe(true);
    expect(isLoss({ ...at, kind: 'overflowed', part: 'data' })).toBe(false);
    expect(isLoss({ ...at, kind: 'gone', part: 'data' })).toBe(false);
  });
});

describe('a line of the guard', () => {
  const at = { at: 0, volume: 'vg/s', part: 'snapshot' } as const;
  const mebibyte = 1024n * 1024n;

  it('says what happened in numbers', () => {
    expect(
      guardLine({
        ...at,
        kind: 'usage',
        used: mebibyte,
        size: 4n * mebibyte,
        ratio: 0.25,
        rate: 1024 * 1024,
      }),
    ).toBe('vg/s  25.00% of 4.00 MiB, 1.00 MiB/s');
    const extended = { kind: 'extended', from: mebibyte, to: 2n * mebibyte, duration: 5 } as const;
    expect(guardLine({ ...at, ...extended, part: 'metadata' })).toBe(
      'vg/s metadata  extended from 1.00 MiB to 2.00 MiB',
    );
    const unprotectable = {
      kind: 'unprotectable',
      why: 'failed',
      message: 'no room',
      fullIn: 90_000,
    } as const;
    expect(guardLine({ ...at, ...unprotectable })).toBe('vg/s  no room (full in 1m30s)');
  });
});
