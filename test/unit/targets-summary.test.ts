import { describe, expect, it } from 'vitest';
import { decode, summarize } from '../../lib/targets/index.ts';
import type { DecodeContext } from '../../lib/targets/target.ts';

type Row = readonly [target: string, line: string, health: string, text: string, percent?: string];

const cacheLine = (dirty: number, end: string, metadata = '12/1280') =>
  `8 ${metadata} 128 100/128 1 2 3 4 5 6 ${dirty} 1 writeback 2 migration_threshold 2048 ${end}`;
const poolLine = (metadata: string, data: string, end = 'rw discard_passdown queue_if_no_space - 256 ') =>
  `0 ${metadata} ${data} - ${end}`;
const cloneLine = (hydrated: string, features: string, mode: string, metadata = '6/1024') =>
  `8 ${metadata} 8 ${hydrated} 0 ${features} 4 hydration_threshold 1 hydration_batch_size 1 ${mode}`;

const rows: readonly Row[] = [
  ['linear', '', 'ok', ''],
  ['striped', '2 7:0 7:1 1 AA', 'ok', ''],
  ['striped', '2 7:0 7:1 1 DD', 'warning', 'I/O errors on stripe 0 and 1'],
  ['mirror', '2 1:0 1:1 400/400 1 AA 1 core', 'ok', 'in sync', '100.00'],
  ['mirror', '2 1:0 1:1 100/400 1 AA 1 core', 'busy', 'syncing', '25.00'],
  ['mirror', '2 1:0 1:1 100/400 1 AD 1 core', 'warning', 'degraded, leg 1 write failed, syncing', '25.00'],
  ['mirror', '2 1:0 1:1 4/4 1 UA 1 core', 'warning', 'degraded, leg 0 has an unknown error', '100.00'],
  [
    'mirror',
    '2 1:0 1:1 4/4 1 DF 1 core',
    'failed',
    'failed, leg 0 write failed, leg 1 flush failed',
    '100.00',
  ],
  ['mirror', '2 1:0 1:1 4/4 1 AA 3 disk 1:2 D', 'warning', 'log failed', '100.00'],
  ['mirror', '2 1:0 1:1 2/4 1 AA 3 disk 1:2 F', 'warning', 'log flush failed, syncing', '50.00'],
  ['mirror', '2 1:0 1:1 0/4 1 AA userspace 1 COM_FAILURE', 'warning', 'log daemon does not answer'],
  ['snapshot', '2072/8192 24', 'ok', '', '25.29'],
  ['snapshot', '7999/10000 24', 'ok', '', '79.99'],
  ['snapshot', '8000/10000 24', 'warning', 'nearly full', '80.00'],
  ['snapshot', '10000/10000 24', 'warning', 'full', '100.00'],
  ['snapshot', 'Invalid', 'failed', 'invalid: the snapshot is lost', '100.00'],
  ['snapshot', 'Overflow', 'warning', 'overflow: full, takes no more writes', '100.00'],
  ['snapshot', 'Merge failed', 'failed', 'merge failed'],
  ['snapshot', 'Unknown', 'ok', 'fill unknown'],
  ['snapshot-merge', '1312/16384 32', 'busy', 'merging, 640.00 KiB left', '8.01'],
  ['snapshot-merge', '32/16384 32', 'ok', 'merged', '0.00'],
  ['snapshot-merge', 'Merge failed', 'failed', 'merge failed'],
  ['snapshot-merge', 'Invalid', 'failed', 'invalid: the snapshot is lost'],
  ['snapshot-merge', 'Overflow', 'warning', 'overflow: the snapshot was full'],
  ['snapshot-merge', 'Unknown', 'busy', 'merging'],
  ['snapshot-origin', '', 'ok', ''],
  ['thin-pool', poolLine('111/1024', '256/512'), 'ok', '', '50.00'],
  ['thin-pool', poolLine('111/1024', '0/512'), 'ok', 'metadata 10.84%', '0.00'],
  ['thin-pool', poolLine('820/1024', '500/512'), 'warning', 'nearly full, metadata 80.08%', '97.66'],
  ['thin-pool', poolLine('111/1024', '400/500'), 'warning', 'nearly full', '80.00'],
  ['thin-pool', poolLine('800/1000', '450/500'), 'warning', 'nearly full, metadata 80.00%', '90.00'],
  ['thin-pool', poolLine('820/1024', '5/512'), 'warning', 'metadata 80.08%', '0.98'],
  [
    'thin-pool',
    poolLine('111/1024', '512/512', 'out_of_data_space discard_passdown queue_if_no_space - 256 '),
    'failed',
    'out of data space',
    '100.00',
  ],
  [
    'thin-pool',
    poolLine('111/1024', '256/512', 'ro discard_passdown queue_if_no_space needs_check 256 '),
    'failed',
    'read-only, needs check',
    '50.00',
  ],
  [
    'thin-pool',
    poolLine('111/1024', '256/512', 'rw discard_passdown queue_if_no_space needs_check 256 '),
    'warning',
    'needs check',
    '50.00',
  ],
  ['thin-pool', 'Fail', 'failed', 'failed: the metadata needs repair'],
  ['thin-pool', 'Error', 'warning', 'metadata could not be read'],
  ['thin', '500 499', 'ok', '', '50.00'],
  ['thin', 'Fail', 'failed', 'failed with its pool'],
  ['thin', 'Error', 'warning', 'metadata could not be read'],
  ['thin', '-', 'warning', 'not bound to its pool'],
  ['cache', cacheLine(37, 'smq 0 rw - '), 'ok', '37 dirty blocks', '78.12'],
  ['cache', cacheLine(1, 'smq 0 rw - '), 'ok', '1 dirty block', '78.12'],
  ['cache', cacheLine(0, 'smq 0'), 'ok', '', '78.12'],
  ['cache', cacheLine(37, 'cleaner 0 rw - '), 'busy', 'flushing 37 dirty blocks', '78.12'],
  ['cache', cacheLine(0, 'cleaner 0 rw - '), 'ok', '', '78.12'],
  [
    'cache',
    cacheLine(37, 'smq 0 ro needs_check '),
    'warning',
    'needs check, metadata read-only, 37 dirty blocks',
    '78.12',
  ],
  ['cache', cacheLine(0, 'smq 0 rw -', '1024/1280'), 'warning', 'metadata 80.00%', '78.12'],
  ['cache', 'Fail', 'failed', 'failed: the metadata needs repair'],
  ['cache', 'Error', 'warning', 'metadata could not be read'],
  ['writecache', '0 2040 1740 0', 'ok', '', '14.71'],
  ['writecache', '0 2040 1740 12', 'ok', '12 blocks being written back', '14.71'],
  ['writecache', '1 2040 1740 0', 'failed', 'cache device failed', '14.71'],
  ['crypt', '', 'ok', ''],
  ['inlinecrypt', '', 'ok', ''],
  ['integrity', '0 100 -', 'ok', ''],
  ['integrity', '0 100 100', 'ok', ''],
  ['integrity', '0 100 0', 'busy', 'recalculating'],
  ['integrity', '0 100 25', 'busy', 'recalculating', '25.00'],
  ['integrity', '3 100 25', 'warning', '3 mismatches, recalculating', '25.00'],
  ['integrity', '1 100 -', 'warning', '1 mismatch'],
  ['verity', 'V', 'ok', ''],
  ['verity', 'V 0', 'ok', ''],
  ['verity', 'V 42', 'warning', '42 blocks corrected'],
  ['verity', 'C', 'failed', 'corrupted'],
  ['multipath', '2 0 0 0 2 1 A 0 1 0 8:0 A 0 E 0 2 0 8:16 A 0 8:32 A 1 ', 'ok', '3 of 3 paths active'],
  ['multipath', '2 0 0 0 2 1 A 0 1 0 8:0 F 1 E 0 2 0 8:16 A 0 8:32 A 1 ', 'warning', '2 of 3 paths active'],
  ['multipath', '2 0 0 0 1 1 A 0 1 0 8:0 F 1 ', 'failed', '0 of 1 paths active'],
  ['multipath', '2 0 0 0 0 0 ', 'failed', 'no paths'],
  ['era', '8 12/256 5 -', 'ok', ''],
  ['era', '8 200/250 5 -', 'warning', 'metadata 80.00%'],
  ['era', 'Error', 'warning', 'metadata could not be read'],
  ['clone', cloneLine('1024/4096', '0', 'rw'), 'busy', 'hydrating', '25.00'],
  ['clone', cloneLine('1024/4096', '1 no_hydration', 'rw'), 'ok', 'paused', '25.00'],
  ['clone', cloneLine('4096/4096', '0', 'rw'), 'ok', 'hydrated', '100.00'],
  ['clone', cloneLine('1024/4096', '0', 'ro'), 'warning', 'metadata read-only, hydrating', '25.00'],
  ['clone', cloneLine('1024/4096', '0', 'rw', '800/1000'), 'warning', 'metadata 80.00%, hydrating', '25.00'],
  ['clone', cloneLine('1024/4096', '0', 'Fail'), 'failed', 'failed: the metadata needs repair', '25.00'],
  ['clone', 'Fail', 'failed', 'failed: the metadata needs repair'],
  ['clone', 'Error', 'warning', 'metadata could not be read'],
  ['delay', '0 0 0', 'ok', ''],
  ['delay', '1 2 3', 'ok', '6 I/Os delayed'],
  ['flakey', '', 'ok', ''],
  ['dust', '7:0 bypass verbose', 'ok', ''],
  ['dust', '7:0 fail_read_on_bad_block quiet', 'ok', 'fails reads of bad blocks'],
  ['zero', '', 'ok', ''],
  ['error', '', 'failed', 'every I/O fails'],
  ['switch', '', 'ok', ''],
  ['unstriped', '', 'ok', ''],
  ['ebs', '', 'ok', ''],
  ['log-writes', '1 2', 'ok', ''],
  ['log-writes', '1 2 logging_disabled', 'warning', 'logging disabled'],
  ['zoned', '128 zones 4/16 cache', 'ok', '4 of 16 buffer zones free'],
  ['zoned', '128 zones 0/0 cache 5/12 random 1/2 sequential', 'ok', '5 of 12 buffer zones free'],
  ['vdo', '/dev/vdb normal - online online 1051492 5242880', 'ok', '', '20.06'],
  ['vdo', '/dev/vdb normal - online online 4 5', 'warning', 'nearly full', '80.00'],
  ['vdo', '/dev/vdb normal recovering error online 1 5', 'warning', 'index error, recovering', '20.00'],
  ['vdo', '/dev/vdb recovering - online online 1 5', 'busy', 'recovering', '20.00'],
  ['vdo', '/dev/vdb read-only - online online 1 5', 'failed', 'read-only', '20.00'],
  ['pcache', '0 64 62 31 70 0 3:4096 2:0 1:512', 'ok', '', '50.00'],
];

describe('the summary', () => {
  const cases = rows.map(([target, line, health, text, percent]) => ({
    target,
    line,
    health,
    text,
    percent,
  }));
  it.each(cases)('of $target "$line" is $health: $text', ({ target, line, health, text, percent }) => {
    const context: DecodeContext = { length: 1000 };
    const status = decode(target, line, context);
    expect(status.type).toBe(target);
    const summary = summarize(status);
    expect(summary).toMatchObject({ health, text });
    if (percent !== undefined) expect(summary.bar?.percent).toBe(percent);
    else expect(summary.bar).toBeUndefined();
  });

  it('of a target that is not known is ok: nothing says otherwise', () => {
    expect(summarize(decode('bow', '1'))).toEqual({
      health: 'ok',
      text: 'not understood: the target is not known',
    });
  });

  it('of a known target that is not understood is a warning: it cannot be vouched for', () => {
    expect(summarize(decode('mirror', 'garbage'))).toEqual({
      health: 'warning',
      text: 'not understood: number of mirrors is "garbage", not a number',
    });
  });
});
