import { describe, expect, it } from 'vitest';
import { decode, decodeTable, type StatusOf, summarize } from '../../lib/targets/index.ts';

interface Truth {
  readonly degraded: boolean;
  readonly inSync: boolean | null;
  readonly action: string | null;
  readonly health: string;
  readonly text: string;
  readonly bar: string | null;
}

// Lines seen on a real kernel that a plain reading of the ratio gets wrong, each with its truth.
const transient: readonly (readonly [line: string, truth: string, Truth])[] = [
  [
    'raid1 2 aa 0/32768 idle 0 0 -',
    'initial sync has not started',
    { degraded: false, inSync: false, action: null, health: 'busy', text: 'not in sync (idle)', bar: '0.00' },
  ],
  [
    'raid1 2 AA 0/32768 frozen 0 0 -',
    'frozen: 0 is not a sync ratio, and whether the first resync was over before cannot be told',
    { degraded: false, inSync: null, action: null, health: 'ok', text: 'frozen, sync not known', bar: null },
  ],
  [
    'raid1 2 Aa 32768/32768 idle 0 0 -',
    'leg 1 is not in sync although the kernel claims 100 %',
    {
      degraded: false,
      inSync: false,
      action: null,
      health: 'busy',
      text: 'not in sync (idle)',
      bar: '99.99',
    },
  ],
  [
    'raid1 2 aa 13056/32768 frozen 0 0 -',
    'a rebuild was interrupted by a table swap',
    {
      degraded: false,
      inSync: false,
      action: null,
      health: 'busy',
      text: 'not in sync (frozen)',
      bar: '39.84',
    },
  ],
  [
    'raid1 2 AD 0/32768 recover 0 0 -',
    'a leg has just failed: degraded, nothing to recover to',
    {
      degraded: true,
      inSync: false,
      action: null,
      health: 'warning',
      text: 'degraded, leg 1 failed',
      bar: null,
    },
  ],
  [
    'raid1 2 AD 32768/32768 idle 0 0 -',
    'degraded although the ratio is 100 %',
    {
      degraded: true,
      inSync: false,
      action: null,
      health: 'warning',
      text: 'degraded, leg 1 failed',
      bar: null,
    },
  ],
  [
    'raid1 2 AA 2176/32768 check 0 0 -',
    'in sync, the ratio is the progress of the scrub',
    { degraded: false, inSync: true, action: 'check', health: 'busy', text: 'check', bar: '6.64' },
  ],
  [
    'raid1 2 AA 32768/49152 repair 0 0 -',
    'extended: the new tail is being synchronised under the name repair',
    { degraded: false, inSync: true, action: 'repair', health: 'busy', text: 'repair', bar: '66.67' },
  ],
  [
    'raid5_ls 4 AAAA 0/16384 idle 0 2048 -',
    'a reshape is pending',
    { degraded: false, inSync: true, action: null, health: 'busy', text: 'reshape pending', bar: null },
  ],
];

describe('a transient state of raid', () => {
  it.each(transient)('%s: %s', (line, _, truth) => {
    const status = raidStatus(line);
    const { bar, health, text } = summarize(status);
    expect({
      degraded: status.degraded,
      inSync: status.inSync,
      action: status.progress?.action ?? null,
      health,
      text,
      bar: bar?.percent ?? null,
    }).toEqual(truth);
  });

  it('is a pending reshape only while the reshape has yet to start', () => {
    expect(raidStatus('raid5_ls 4 AAAA 0/16384 idle 0 2048 -').reshapePending).toBe(true);
    expect(raidStatus('raid5_ls 4 aaaa 0/16384 reshape 0 2048 -').reshapePending).toBe(false);
    expect(raidStatus('raid5_ls 4 AAAA 16384/16384 idle 0 2048 -').reshapePending).toBe(false);
    expect(raidStatus('raid1 2 AA 0/16384 frozen 0 0 -').reshapePending).toBe(false);
  });
});

describe('a raid status', () => {
  it('tells the progress of the running action', () => {
    const status = raidStatus('raid1 2 Aa 10880/32768 recover 0 0 -');
    expect(status.progress).toEqual({ action: 'recover', ratio: 10880 / 32768, percent: '33.20' });
    expect(status.legs).toEqual(['in-sync', 'not-in-sync']);
  });

  it('is not in sync during a resync, even if the letters already say so', () => {
    expect(raidStatus('raid1 2 AA 100/200 resync 0 0 -').inSync).toBe(false);
  });

  it('counts a device that the table left out as lost, as one that failed', () => {
    const status = raidStatus('raid6_n_6 6 AAAA-D 100/200 idle 0 0 D');
    expect(status.legs.slice(4)).toEqual(['absent', 'failed']);
    expect(status.degraded).toBe(true);
    expect(status.journal).toBe('dead');
  });

  it('before target version 1.5.0 is in sync by letters and ratio', () => {
    expect(raidStatus('raid1 2 AA 10/10')).toMatchObject({ inSync: true, progress: null, syncAction: null });
    expect(raidStatus('raid1 2 AA 5/10')).toMatchObject({
      inSync: false,
      progress: { action: 'sync', ratio: 0.5, percent: '50.00' },
    });
  });

  it('tells a field that the kernel does not print from one that says none', () => {
    expect(raidStatus('raid1 2 AA 10/10 idle 0')).toMatchObject({ dataOffset: null, journal: null });
    expect(raidStatus('raid1 2 AA 10/10 idle 0 0 -')).toMatchObject({ dataOffset: 0, journal: 'none' });
  });

  it('has no Cpy%Sync for raid0, as in lvs', () => {
    expect(raidStatus('raid0 2 AA 32768/32768 idle 0 0 -').sync).toBeNull();
  });

  it('outlives words and letters of a newer kernel', () => {
    const status = raidStatus('raid7 2 AX 5/10 init 0 0 W 17 more');
    expect(status).toMatchObject({ raidType: 'raid7', syncAction: 'init', legs: ['in-sync', 'unknown'] });
    expect(status).toMatchObject({ degraded: false, inSync: false, journal: 'unknown' });
  });

  it('that is empty, as for an unknown md level, is not understood', () => {
    expect(decode('raid', '')).toMatchObject({ type: 'unknown', problem: 'raid type is missing' });
  });
});

describe('Cpy%Sync of a raid', () => {
  it.each([
    ['raid1 2 Aa 32768/32768 idle 0 0 -', 32767, '99.99', 'never all while a leg waits for its recovery'],
    ['raid1 2 Aa 32768/32768 recover 0 0 -', 32767, '99.99', 'nor while it begins'],
    ['raid1 2 Aa 32768/32768 resync 0 0 -', 32768, '100.00', 'all in any other action'],
    ['raid1 2 Aa 5/10 recover 0 0 -', 5, '50.00', 'untouched on the way'],
    ['raid1 2 aa 10/10 idle 0 0 -', 10, '100.00', 'untouched if all legs wait'],
    ['raid5_ls 3 AAAa 16384/16384 idle 0 0 -', 16384, '100.00', 'blind for letters beyond the devices'],
    ['raid1 2 Aa 0/0 idle 0 0 -', 0, '100.00', 'never below nothing'],
  ])('of "%s" is %s sectors, %s: %s', (line, used, percent) => {
    expect(raidStatus(line).sync).toMatchObject({ used, percent });
  });
});

describe('the summary of a raid', () => {
  it.each([
    ['raid1 2 AA 32768/32768 idle 0 0 -', 'ok', 'in sync'],
    ['raid1 2 AA 32768/32768 idle 128 0 -', 'warning', '128 sectors mismatch'],
    ['raid1 2 aa 10/20 resync 0 0 -', 'busy', 'resync'],
    ['raid1 3 aDD 4224/65536 resync 0 0 -', 'warning', 'degraded, leg 1 failed, leg 2 failed, resync'],
    ['raid1 2 DD 10/10 idle 0 0 -', 'failed', 'failed, leg 0 failed, leg 1 failed'],
    ['raid0 2 AD 10/10 idle 0 0 -', 'failed', 'failed, leg 1 failed'],
    ['raid5_ls 3 A-A 10/10 idle 0 0 -', 'warning', 'degraded, leg 1 absent'],
    ['raid5_ls 3 ADD 10/10 idle 0 0 -', 'failed', 'failed, leg 1 failed, leg 2 failed'],
    ['raid6_zr 5 AADDA 10/10 idle 0 0 -', 'warning', 'degraded, leg 2 failed, leg 3 failed'],
    ['raid6_zr 5 ADDDA 10/10 idle 0 0 -', 'failed', 'failed, leg 1 failed, leg 2 failed, leg 3 failed'],
    ['raid10 4 AADD 10/10 idle 0 0 -', 'warning', 'degraded, leg 2 failed, leg 3 failed'],
    ['raid5_ls 3 AAA 10/10 idle 0 0 D', 'warning', 'journal failed'],
    ['raid0 2 AA 10/10 idle 0 0 -', 'ok', ''],
  ])('%s is %s: %s', (line, health, text) => {
    expect(summarize(raidStatus(line))).toMatchObject({ health, text });
  });
});

describe('the bar of a raid at rest', () => {
  it('is full when the array is in sync and the ratio says so, and not there when they disagree', () => {
    expect(summarize(raidStatus('raid1 2 AA 10/10 idle 0 0 -')).bar).toEqual({ ratio: 1, percent: '100.00' });
    expect(summarize(raidStatus('raid1 2 AA 5/10 idle 0 0 -')).bar).toBeUndefined();
    expect(summarize(raidStatus('raid5_ls 3 AAAa 10/10 idle 0 0 -')).bar).toBeUndefined();
  });
});

describe('a raid table', () => {
  it('keeps options by keyword, those that are given twice too', () => {
    const line = 'raid1 8 0 nosync region_size 1024 write_mostly 0 write_mostly 1 2 253:0 253:1 - -';
    expect(decodeTable('raid', line)).toMatchObject({
      type: 'raid',
      chunkSectors: 0,
      options: [['nosync'], ['region_size', '1024'], ['write_mostly', '0'], ['write_mostly', '1']],
      devices: [
        { metadata: '253:0', data: '253:1' },
        { metadata: null, data: null },
      ],
    });
  });
});

function raidStatus(line: string): StatusOf<'raid'> {
  const status = decode('raid', line);
  if (status.type !== 'raid') throw new Error(`not a raid: ${JSON.stringify(status)}`);
  return status;
}
