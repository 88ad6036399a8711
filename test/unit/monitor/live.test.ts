import { describe, expect, it } from 'vitest';
import { decode, isLive, targetNames } from '../../../lib/targets/index.ts';
import { vectors } from '../arbitraries.ts';

const live = [
  'mirror 2 7:0 7:1 80/81 1 AA 1 core',
  'mirror 2 7:0 7:1 0/81 1 AA userspace 1 COM_FAILURE',
  'raid raid1 2 aa 0/32768 idle 0 0 -',
  'raid raid1 2 aa 512/32768 resync 0 0 -',
  'raid raid1 2 AA 0/32768 frozen 0 0 -',
  'raid raid1 2 Aa 32768/32768 idle 0 0 -',
  'raid raid1 2 AD 0/32768 recover 0 0 -',
  'raid raid1 2 AA 2176/32768 check 0 0 -',
  'raid raid5_ls 4 AAAA 0/16384 idle 0 2048 -',
  'snapshot 16/1024 16',
  'snapshot Unknown',
  'snapshot-merge 1312/16384 32',
  'thin-pool 1 111/1024 5/128 - rw discard_passdown queue_if_no_space - 256',
  'thin-pool Error',
  'thin 128 127',
  'cache Error',
  'writecache 0 100 50 0',
  'integrity 0 32768 -',
  'verity V',
  'verity C 4',
  'era 8 20/1024 7 -',
  'clone 8 20/1024 8 3/128 1 0 4 hydration_threshold 1 hydration_batch_size 1 rw',
  'vdo /dev/dm-3 normal - online online 10 100',
  'log-writes 3 100',
  'raid words that no kernel prints',
];
const still = [
  'linear',
  'striped 2 7:0 7:1 1 AD',
  'crypt',
  'error',
  'zero',
  'multipath 2 0 0 0 1 1 A 0 1 0 7:0 A 0',
  'delay 3 2 1',
  'dust 7:0 bypass quiet',
  'mirror 2 7:0 7:1 81/81 1 AD 1 core',
  'raid raid1 2 AA 32768/32768 idle 0 0 -',
  'raid raid1 2 AD 32768/32768 idle 0 0 -',
  'raid raid0 2 AA 32768/32768 idle 0 0 -',
  'snapshot Invalid',
  'snapshot Overflow',
  'snapshot-merge Merge failed',
  'thin-pool Fail',
  'thin Fail',
  'thin -',
  'cache Fail',
  'verity C',
  'clone 8 20/1024 8 128/128 0 0 4 hydration_threshold 1 hydration_batch_size 1 rw',
  'clone 8 20/1024 8 3/128 0 0 4 hydration_threshold 1 hydration_batch_size 1 Fail',
  'log-writes 3 100 logging_disabled',
  'nobodys-target 1 2 3',
];

function liveOf(line: string): boolean {
  const [target = '', ...words] = line.split(' ');
  return isLive(decode(target, words.join(' ')));
}

describe('isLive', () => {
  it.each(live)('reads again, without an event: %s', (line) => expect(liveOf(line)).toBe(true));
  it.each(still)('waits for an event: %s', (line) => expect(liveOf(line)).toBe(false));

  it('answers for every target and every line that was ever seen', () => {
    for (const { target, line } of vectors) expect(isLive(decode(target, line))).toBeTypeOf('boolean');
    for (const name of targetNames) expect(isLive(decode(name, ''))).toBeTypeOf('boolean');
  });
});
