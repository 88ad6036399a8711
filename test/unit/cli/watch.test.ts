import { describe, expect, it } from 'vitest';
import { plainLook } from '../../../lib/cli/look.ts';
import { scopeOf } from '../../../lib/cli/scope.ts';
import { watchedWords } from '../../../lib/cli/watch.ts';
import { type WatchForm, watchLines } from '../../../lib/cli/watch-lines.ts';
import { DmError } from '../../../lib/errors.ts';
import type { Change } from '../../../lib/monitor/types.ts';
import { decode } from '../../../lib/targets/index.ts';
import { lvmUuid } from './make.ts';
import { scriptedMonitor, watched, worldOf } from './watch-script.ts';

const at = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const mirror = identity('demo-mirror', lvmUuid('m'));
const tpool = identity('vg-pool-tpool', lvmUuid('p', 'tpool'));
const tdata = identity('vg-pool_tdata', lvmUuid('t'));
const raid = identity('vg-raid', lvmUuid('r'));
const plain = identity('a\\x1b\\x5b31mb', null, 7);

const syncing = decode('mirror', '2 254:1 254:2 16/32 1 AA 3 disk 254:0 A');
const synced = decode('mirror', '2 254:1 254:2 32/32 1 AA 3 disk 254:0 A');
const whole = decode('raid', 'raid1 2 AA 100/100 idle 0 0 -');
const broken = decode('raid', 'raid1 2 AD 100/100 idle 0 0 -');

const inSync: Change = { kind: 'in-sync', at, device: mirror, segment: 0, before: syncing, after: synced };
const legFailed: Change = {
  kind: 'leg-failed',
  at,
  device: raid,
  segment: 0,
  leg: 1,
  before: whole,
  after: broken,
};
const usage: Change = {
  kind: 'usage-above',
  at,
  device: tpool,
  segment: 0,
  usage: 'data',
  threshold: 0.9,
  ratio: 0.9125,
};

const all = scopeOf([], []);

describe('devmapper watch', () => {
  it('writes a line a change: time, volume, what happened, before and after', async () => {
    expect(await linesOf([inSync, usage, legFailed])).toEqual([
      '2026-01-02T03:04:05.678Z  demo/mirror  in sync: syncing 50.00% -> in sync 100.00%',
      '2026-01-02T03:04:05.678Z  vg/pool  data usage above 90 %: 91.25',
      '2026-01-02T03:04:05.678Z  vg/raid  leg 1 failed: in sync 100.00% -> degraded, leg 1 failed',
    ]);
  });

  it('has words for every kind of change', async () => {
    const added = watched('demo-mirror', lvmUuid('m'), [
      '0 131072 mirror 2 254:1 254:2 16/32 1 AA 3 disk 254:0 A',
    ]);
    const { info, segments } = added;
    const error = new DmError({ reason: 'timed-out', errno: 110, operation: 'status', device: 'x', log: [] });
    const pair = { at, device: mirror, segment: 0, before: syncing, after: synced };
    const merging = decode('snapshot-merge', '4096/8192 16');
    const told: readonly (readonly [Change, string])[] = [
      [
        { kind: 'device-added', at, device: mirror, after: added },
        'added: mirror, 64.00 MiB, syncing 50.00%',
      ],
      [{ kind: 'device-removed', at, device: mirror, before: added }, 'removed: mirror, syncing 50.00%'],
      [
        { kind: 'device-renamed', at, device: mirror, before: 'demo-old', after: 'demo-mirror' },
        'renamed: demo-old -> demo-mirror',
      ],
      [
        { kind: 'device-resized', at, device: mirror, before: 2048, after: 4096 },
        'resized: 1.00 MiB -> 2.00 MiB',
      ],
      [
        { kind: 'device-suspended', at, device: mirror, before: info, after: info },
        'suspended: I/O is held back',
      ],
      [{ kind: 'device-resumed', at, device: mirror, before: info, after: info }, 'resumed'],
      [
        { kind: 'table-replaced', at, device: mirror, before: segments, after: [] },
        'table replaced: mirror -> no table',
      ],
      [{ kind: 'leg-recovered', ...pair, leg: 0 }, 'leg 0 recovered: syncing 50.00% -> in sync 100.00%'],
      [
        { kind: 'sync-started', ...pair, segment: 2 },
        'sync started (segment 2): syncing 50.00% -> in sync 100.00%',
      ],
      [{ kind: 'progressed', ...pair, after: syncing, progress: 'sync', ratio: 0.5 }, 'syncing 50.00%'],
      [
        { kind: 'merge-finished', at, device: mirror, before: merging },
        'merged: merging, 1.99 MiB left 50.00% -> done',
      ],
      [{ kind: 'out-of-data-space', ...pair }, 'out of data space: syncing 50.00% -> in sync 100.00%'],
      [{ kind: 'path-failed', ...pair, path: '8:16' }, 'path 8:16 failed: syncing 50.00% -> in sync 100.00%'],
      [
        { kind: 'path-restored', ...pair, path: '8:16' },
        'path 8:16 restored: syncing 50.00% -> in sync 100.00%',
      ],
      [
        { ...usage, device: mirror, kind: 'usage-below', usage: 'snapshot', ratio: 0.5 },
        'usage below 90 %: 50',
      ],
      [{ kind: 'stale', at, device: mirror, since: at, error }, `stale: ${error.message}`],
      [{ kind: 'fresh', at, device: mirror, since: at - 1500 }, 'fresh again: silent for 1.5 s'],
    ];
    const lines = await linesOf(told.map(([change]) => change));
    expect(lines).toEqual(told.map(([, words]) => `2026-01-02T03:04:05.678Z  demo/mirror  ${words}`));
  });

  it('says how many changes a reader has missed that was too slow', async () => {
    expect(await linesOf([{ kind: 'overflowed', at, dropped: 12 }])).toEqual([
      '2026-01-02T03:04:05.678Z  -  12 changes are missing: they came faster than they were read',
    ]);
  });

  it('hides that internal layers come, go and are loaded, but not what happens to their data', async () => {
    const gone: Change = {
      kind: 'device-removed',
      at,
      device: tdata,
      before: watched('vg-pool_tdata', lvmUuid('t'), []),
    };
    const failed: Change = { ...legFailed, device: tdata };
    expect(await linesOf([gone, failed])).toEqual([expect.stringContaining('[vg/pool_tdata]  leg 1 failed')]);
    expect(await linesOf([gone, failed], { all: true })).toHaveLength(2);
  });

  it('lets the layer of a pool speak for it where its placeholder is not active', async () => {
    const pool = watched('vg-pool-tpool', lvmUuid('p', 'tpool'), []);
    const gone: Change = { kind: 'device-removed', at, device: tpool, before: pool };
    expect(await linesOf([gone])).toEqual([expect.stringContaining('  vg/pool  removed')]);
    const world = worldOf(watched('vg-pool', lvmUuid('p', 'pool'), ['0 8 linear ']));
    expect(await linesOf([gone], {}, all, world)).toEqual([]);
  });

  it('shows of a sync every tenth to people, every step to programs', async () => {
    const steps = [0.01, 0.05, 0.11, 0.12, 0.19, 0.2].map(
      (ratio): Change => ({
        kind: 'progressed',
        at,
        device: mirror,
        segment: 0,
        progress: 'sync',
        ratio,
        before: syncing,
        after: syncing,
      }),
    );
    expect(await linesOf(steps)).toHaveLength(3);
    expect(await linesOf(steps, { json: true })).toHaveLength(6);
    expect(await linesOf([...steps.slice(0, 1), inSync, ...steps.slice(0, 1)])).toHaveLength(3);
  });

  it('writes one object of JSON a line: the record of the API, the time, the volume', async () => {
    const [line = ''] = await linesOf([{ ...usage, ratio: 1 }], { json: true });
    expect(JSON.parse(line)).toEqual({
      time: '2026-01-02T03:04:05.678Z',
      title: 'vg/pool',
      volume: expect.objectContaining({ vg: 'vg', lv: 'pool', layer: 'tpool' }),
      kind: 'usage-above',
      at,
      device: tpool,
      segment: 0,
      usage: 'data',
      threshold: 0.9,
      ratio: 1,
    });
  });

  it('escapes names, so that none can command a terminal', async () => {
    const named: Change = { ...inSync, device: plain };
    expect((await linesOf([named]))[0]).toContain('  a\\x1b[31mb  in sync');
    const raw: Change = { ...inSync, device: { ...plain, name: 'x\x1b[31m\n' } };
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that there is none is what is tested
    for (const json of [true, false]) expect((await linesOf([raw], { json }))[0]).not.toMatch(/[\x00-\x1f]/);
  });

  it('is of the named volumes only, also of their layers that come later', async () => {
    const scope = scopeOf(['vg/pool'], [tpool, raid, mirror]);
    expect(scope).toMatchObject({ titles: ['vg/pool'], problems: [] });
    expect(scope.include).toEqual(['vg-pool-tpool', 'vg-pool', 'vg-pool-*']);
    expect(await linesOf([inSync, usage, legFailed], {}, scope)).toEqual([
      expect.stringContaining('vg/pool'),
    ]);
    expect(scope.has(identity('vg-pool', lvmUuid('p', 'pool')))).toBe(true);
    expect(scope.has(identity('vg-pool-x', lvmUuid('q')))).toBe(false);
  });

  it('is of one layer if that was named, and shows it as one', async () => {
    const scope = scopeOf(['vg-pool-tpool'], [tpool, identity('vg-pool', lvmUuid('p', 'pool'))]);
    expect(scope.include).toEqual(['vg-pool-tpool']);
    const gone: Change = {
      kind: 'device-removed',
      at,
      device: tpool,
      before: watched('vg-pool-tpool', lvmUuid('p', 'tpool'), []),
    };
    const world = worldOf(watched('vg-pool', lvmUuid('p', 'pool'), ['0 8 linear ']));
    expect(await linesOf([gone], {}, scope, world)).toHaveLength(1);
  });

  it('follows a device that is renamed away from its name', async () => {
    const scope = scopeOf(['plain'], [identity('plain', null)]);
    const renamed: Change = {
      kind: 'device-renamed',
      at,
      device: identity('other', null),
      before: 'plain',
      after: 'other',
    };
    expect(await linesOf([renamed], {}, scope)).toEqual([
      expect.stringContaining('other  renamed: plain -> other'),
    ]);
  });

  it('says of a NAME that there is no such device', () => {
    expect(scopeOf(['nope'], [raid]).problems).toEqual([
      expect.stringMatching(/^nope: there is no such device/),
    ]);
  });

  it('says what is watched, and whether the kernel tells of events', () => {
    const monitor = scriptedMonitor([], worldOf(watched('vg-raid', lvmUuid('r'), [])));
    expect(watchedWords({ monitor, scope: scopeOf(['vg/raid'], [raid]) })).toBe(
      'watching vg/raid (1 device now) by events of the kernel; times are UTC',
    );
    expect(watchedWords({ monitor: { ...monitor, source: 'polling' }, scope: all })).toMatch(
      /^watching everything \(1 device now\) by polling, because this kernel/,
    );
  });

  it('ends with what ended the monitor', async () => {
    const error = new DmError({ reason: 'no-driver', errno: 6, operation: 'list', device: '', log: [] });
    const lines = watchLines(scriptedMonitor([], new Map(), error), all);
    await expect(lines.next()).rejects.toBe(error);
  });
});

function identity(name: string, uuid: string | null, minor = 0) {
  return { name, uuid, major: 254, minor };
}

async function linesOf(
  changes: readonly Change[],
  form: Partial<WatchForm> = {},
  scope = all,
  world: ReturnType<typeof worldOf> = new Map(),
): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of watchLines(scriptedMonitor(changes, world), scope, { look: plainLook, ...form }))
    lines.push(line);
  return lines;
}
