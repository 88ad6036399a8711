import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changesBetween } from '../../../lib/monitor/changes.ts';
import { targetNames } from '../../../lib/targets/index.ts';
import { params } from '../arbitraries.ts';
import { along, changes, kinds, segment, watched } from './devices.ts';

const raid = (words: string): string => `raid raid1 2 ${words} 0 0 -`;
const sync = ['in-sync', 'out-of-sync', 'sync-started'] as const;
const legs = ['leg-failed', 'leg-recovered', 'degraded', 'redundant'] as const;

describe('a raid', () => {
  it('syncs from its first table to the end', () => {
    const lines = ['aa 0/80 idle', 'aa 0/80 resync', 'aa 8/80 resync', 'aa 72/80 resync', 'AA 80/80 idle'];
    expect(along(lines.map(raid), [...sync, ...legs, 'progressed'])).toEqual([
      'sync-started',
      'progressed',
      'progressed',
      'in-sync',
    ]);
  });

  it('loses a leg, gets another and rebuilds it', () => {
    const lines = [
      'AA 80/80 idle',
      'AD 0/80 recover',
      'AD 80/80 idle',
      'Aa 80/80 idle',
      'Aa 8/80 recover',
      'AA 80/80 idle',
    ];
    expect(along(lines.map(raid), [...sync, ...legs])).toEqual([
      'leg-failed 1',
      'degraded',
      'out-of-sync',
      'leg-recovered 1',
      'redundant',
      'sync-started',
      'in-sync',
    ]);
  });

  it('says how far its sync is', () => {
    expect(changes(raid('aa 8/80 resync'), raid('aa 20/80 resync'))).toMatchObject([
      { kind: 'progressed', segment: 0, progress: 'sync', ratio: 0.25, at: 7 },
    ]);
  });

  it.each([
    ['at rest', ['AA 80/80 idle', 'AA 0/80 frozen', 'AA 80/80 idle']],
    ['scrubbing', ['AA 8/80 check', 'AA 8/80 frozen', 'AA 16/80 check', 'AA 80/80 idle']],
    ['resyncing with all letters A', ['AA 8/80 resync', 'AA 8/80 frozen', 'AA 16/80 resync']],
    ['rebuilding', ['Aa 8/80 recover', 'aa 8/80 frozen', 'Aa 16/80 recover']],
  ])('tells nothing of its sync or legs when it is suspended %s', (_, lines) => {
    expect(along(lines.map(raid), [...sync, ...legs])).toEqual([]);
  });

  it('is out of sync when it gets a leg that has to be filled, whatever its ratio', () => {
    expect(kinds(changes(raid('AA 80/80 idle'), raid('Aa 80/80 idle')))).toEqual(['out-of-sync']);
  });

  it('tells of a scrub and its mismatches', () => {
    const scrub = ['AA 80/80 idle 0', 'AA 8/80 check 0', 'AA 16/80 check 128', 'AA 80/80 idle 128'];
    const lines = scrub.map((words) => `raid raid1 2 ${words} 0 -`);
    expect(along(lines, [...sync, 'mismatches-found'])).toEqual(['sync-started', 'mismatches-found']);
  });

  it('tells of its journal', () => {
    const journal = (letter: string) => `raid raid5_ls 3 AAA 8/8 idle 0 0 ${letter}`;
    expect(along(['A', 'D', 'A'].map(journal), ['log-failed', 'log-recovered'])).toEqual([
      'log-failed',
      'log-recovered',
    ]);
  });
});

describe('a mirror or striped device', () => {
  const mirror = (words: string): string => `mirror 2 7:0 7:1 ${words}`;

  it('syncs', () => {
    const lines = ['16/81 1 AA 1 core', '80/81 1 AA 1 core', '81/81 1 AA 1 core', '79/81 1 AA 1 core'];
    expect(along(lines.map(mirror), [...sync, 'progressed'])).toEqual([
      'progressed',
      'in-sync',
      'out-of-sync',
    ]);
  });

  it.each(['F', 'D', 'S', 'R', 'U'])('loses a leg by the letter %s, once', (letter) => {
    const lines = ['81/81 1 AA 1 core', `81/81 1 A${letter} 1 core`, '81/81 1 AD 1 core'];
    expect(along(lines.map(mirror), legs)).toEqual(['leg-failed 1', 'degraded']);
  });

  it('loses its log', () => {
    const lines = ['81/81 1 AA 3 disk 7:2 A', '81/81 1 AA 3 disk 7:2 D'];
    expect(kinds(changes(...(lines.map(mirror) as [string, string])))).toEqual(['log-failed']);
  });

  it('is not out of sync because the log daemon does not answer', () => {
    const lines = [
      '81/81 1 AA 1 clustered-core',
      '0/81 1 AA userspace 1 COM_FAILURE',
      '81/81 1 AA 1 clustered-core',
    ];
    expect(along(lines.map(mirror), [...sync, 'log-failed', 'log-recovered', 'progressed'])).toEqual([
      'log-failed',
      'log-recovered',
    ]);
  });

  it('has a stripe with errors', () => {
    expect(kinds(changes('striped 2 7:0 7:1 1 AA', 'striped 2 7:0 7:1 1 AD'))).toEqual(['leg-failed 1']);
  });
});

describe('a snapshot', () => {
  it.each([
    ['Invalid', 'snapshot-invalid'],
    ['Overflow', 'snapshot-overflowed'],
    ['Merge failed', 'merge-failed'],
  ])('that becomes %s is %s, once', (words, kind) => {
    expect(kinds(changes('snapshot 16/1024 16', `snapshot ${words}`))).toEqual([kind]);
    expect(kinds(changes('snapshot-merge 16/1024 16', `snapshot-merge ${words}`))).toEqual([kind]);
    expect(changes(`snapshot ${words}`, `snapshot ${words}`)).toEqual([]);
  });

  it('says nothing of its filling: that takes thresholds', () => {
    expect(changes('snapshot 16/1024 16', 'snapshot 512/1024 16')).toEqual([]);
  });

  it('merges from start to end', () => {
    const lines = [
      'snapshot-origin',
      'snapshot-merge 1312/16384 32',
      'snapshot-merge 288/16384 32',
      'snapshot-merge 32/16384 32',
      'linear',
    ];
    expect(along(lines, ['merge-started', 'progressed', 'merge-finished', 'merge-failed'])).toEqual([
      'merge-started',
      'progressed',
      'progressed',
      'merge-finished',
    ]);
    expect(changes(lines[2] ?? '', lines[3] ?? '')).toMatchObject([{ progress: 'merge', ratio: 1 }]);
  });

  it.each([
    ['snapshot-merge Merge failed', 'linear'],
    ['snapshot-merge Invalid', 'linear'],
    ['snapshot-merge 288/16384 32', 'error'],
    ['snapshot-merge 288/16384 32', 'snapshot-merge what is this'],
  ])('is not merged by going from "%s" to "%s"', (before, after) => {
    expect(kinds(changes(before, after))).not.toContain('merge-finished');
  });

  it('is not merged by being taken away', () => {
    expect(kinds(changesBetween(watched(['snapshot-merge 288/16384 32']), watched([]), 7))).toEqual([
      'table-replaced',
    ]);
  });
});

describe('a store', () => {
  const pool = (mode: string, check = '-', metadata = '111/1024', low = ' 256'): string =>
    `thin-pool 1 ${metadata} 5/128 - ${mode} discard_passdown queue_if_no_space ${check}${low}`;

  it('runs out of space and comes back', () => {
    expect(kinds(changes(pool('rw'), pool('out_of_data_space')))).toEqual([
      'mode-changed',
      'out-of-data-space',
    ]);
    expect(kinds(changes(pool('out_of_data_space'), pool('rw')))).toEqual(['mode-changed']);
    expect(kinds(changes(pool('rw'), pool('ro', 'needs_check')))).toEqual(['mode-changed', 'needs-check']);
  });

  it.each([' 256', ''])('has little metadata left at the watermark, printed or not: "%s"', (low) => {
    expect(changes(pool('rw', '-', '111/1024', low), pool('rw', '-', '767/1024', low))).toEqual([]);
    const atLow = pool('rw', '-', '768/1024', low);
    expect(kinds(changes(pool('rw', '-', '767/1024', low), atLow))).toEqual(['metadata-low']);
    expect(changes(atLow, pool('rw', '-', '800/1024', low))).toEqual([]);
  });

  it('fails for this time and for good, and says what is wrong when it is back', () => {
    expect(kinds(changes(pool('rw'), 'thin-pool Error'))).toEqual(['target-failed']);
    expect(kinds(changes('thin-pool Error', 'thin-pool Fail'))).toEqual(['target-failed']);
    expect(kinds(changes('thin-pool Error', pool('rw')))).toEqual(['target-recovered']);
    expect(kinds(changes('thin-pool Fail', pool('out_of_data_space', 'needs_check')))).toEqual([
      'target-recovered',
      'out-of-data-space',
      'needs-check',
    ]);
  });

  const cache = (mode: string): string =>
    `cache 8 72/1024 128 10/100 0 0 0 0 0 0 0 1 writeback 2 migration_threshold 2048 smq 0 ${mode}`;
  const clone = (done: number, mode: string): string =>
    `clone 8 20/1024 8 ${done}/128 1 0 4 hydration_threshold 1 hydration_batch_size 1 ${mode}`;

  it.each([
    ['cache', cache('rw -'), cache('ro needs_check'), ['mode-changed', 'needs-check']],
    ['cache', cache('rw -'), 'cache Fail', ['target-failed']],
    ['thin', 'thin 128 127', 'thin Fail', ['target-failed']],
    ['thin', 'thin -', 'thin 0 -', []],
    ['clone', clone(3, 'rw'), clone(64, 'rw'), ['progressed']],
    ['clone', clone(3, 'rw'), clone(3, 'Fail'), ['target-failed', 'mode-changed']],
    ['era', 'era Error', 'era 8 20/1024 7 -', ['target-recovered']],
    ['writecache', 'writecache 0 100 50 0', 'writecache 1 100 50 0', ['target-failed']],
    [
      'vdo',
      'vdo /dev/sda normal - online online 1 9',
      'vdo /dev/sda read-only - online online 1 9',
      ['mode-changed'],
    ],
    ['integrity', 'integrity 0 80 -', 'integrity 2 80 -', ['mismatches-found']],
    ['integrity', 'integrity 2 80 -', 'integrity 0 80 -', []],
    ['verity', 'verity V', 'verity C', ['corrupted']],
  ])('of target %s: from "%s" to "%s"', (_, before, after, expected) => {
    expect(kinds(changes(before, after))).toEqual(expected);
  });
});

describe('a multipath device', () => {
  const two = (a: string, b: string): string => `multipath 2 0 0 0 2 1 A 0 1 0 7:0 ${a} 0 E 0 1 0 7:1 ${b} 0`;

  it('tells its paths apart by their devices', () => {
    expect(kinds(changes(two('A', 'A'), two('F', 'A')))).toEqual(['path-failed 7:0']);
    expect(kinds(changes(two('F', 'A'), two('A', 'F')))).toEqual(['path-restored 7:0', 'path-failed 7:1']);
  });

  it('has not changed because a counter has', () => {
    expect(changes(two('A', 'A'), `${two('A', 'A')} `)).toEqual([]);
    expect(changes(two('A', 'A'), two('A', 'A').replace('7:0 A 0', '7:0 A 3'))).toEqual([]);
  });
});

describe('whatever the kernel says', () => {
  const device = fc
    .array(fc.tuple(fc.constantFrom(...targetNames), params()), { maxLength: 3 })
    .map((lines) =>
      watched([], { segments: lines.map(([target, text], at) => segment(`${target} ${text}`, at * 1000)) }),
    );

  it('never throws, and a device that has not changed has no changes', () => {
    fc.assert(
      fc.property(device, device, (before, after) => {
        for (const { at } of changesBetween(before, after, 7)) expect(at).toBe(7);
        expect(changesBetween(before, { ...before, segments: [...before.segments] }, 7)).toEqual([]);
      }),
    );
  });

  const letters = fc.constantFrom('A', 'a', 'D', '-');
  const action = fc.constantFrom('idle', 'frozen', 'resync', 'recover', 'check', 'repair');
  const line = fc
    .tuple(letters, letters, fc.constantFrom(0, 8, 80), action)
    .map(([one, two, done, word]) => raid(`${one}${two} ${done}/80 ${word}`));

  it('a leg fails and recovers in turns, and so do array and redundancy', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
        for (const pair of [
          ['leg-failed 0', 'leg-recovered 0'],
          ['leg-failed 1', 'leg-recovered 1'],
          ['degraded', 'redundant'],
        ]) {
          const turns = along(lines, legs).filter((kind) => pair.includes(kind));
          expect(turns.filter((kind, index) => kind === turns[index - 1])).toEqual([]);
        }
      }),
    );
  });
});
