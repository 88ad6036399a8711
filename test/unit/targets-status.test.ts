import { describe, expect, it } from 'vitest';
import { decode, decodeTable } from '../../lib/targets/index.ts';

describe('a mirror', () => {
  const line = '2 254:7 254:8 31/32 1 AA 3 disk 254:6 A';

  it('counts whole extents as lvs does, if length and extent size are known', () => {
    expect(decode('mirror', line, { length: 32768, extentSectors: 2048 })).toMatchObject({
      sync: { used: 31, total: 32, ratio: 15 / 16, percent: '93.75' },
    });
  });

  it('has the plain ratio if one of them is not', () => {
    for (const context of [
      {},
      { length: 32768 },
      { extentSectors: 2048 },
      { length: 32768, extentSectors: 0 },
    ])
      expect(decode('mirror', line, context)).toMatchObject({ sync: { ratio: 31 / 32, percent: '96.88' } });
  });

  it('counts extents exactly above 2^53-1 regions', () => {
    const huge = '1 254:7 18446744073709551614/18446744073709551615 1 A 1 core';
    expect(decode('mirror', huge, { length: 4096, extentSectors: 1024 })).toMatchObject({
      sync: { used: 18446744073709551614n, ratio: 0.75, percent: '75.00' },
    });
  });

  it('says in words what is wrong with a leg', () => {
    const six = '6 1:0 1:1 1:2 1:3 1:4 1:5 1/1 1 AFDSRU 1 core';
    expect(decode('mirror', six)).toMatchObject({
      legs: [
        { device: '1:0', health: 'alive' },
        { device: '1:1', health: 'flush-failed' },
        { device: '1:2', health: 'write-failed' },
        { device: '1:3', health: 'sync-failed' },
        { device: '1:4', health: 'read-failed' },
        { device: '1:5', health: 'unknown' },
      ],
    });
  });

  it.each([
    ['1 core', { kind: 'core', type: 'core' }],
    ['1 clustered-core', { kind: 'core', type: 'clustered-core' }],
    ['3 disk 253:0 A', { kind: 'disk', type: 'disk', device: '253:0', health: 'alive' }],
    ['3 disk 253:0 F', { kind: 'disk', type: 'disk', device: '253:0', health: 'flush-failed' }],
    ['3 disk 253:0 D', { kind: 'disk', type: 'disk', device: '253:0', health: 'failed' }],
    ['3 disk 253:0 Z', { kind: 'disk', type: 'disk', device: '253:0', health: 'unknown' }],
    ['3 clustered-disk 253:0 D', { kind: 'disk', type: 'clustered-disk', device: '253:0', health: 'failed' }],
    ['3 cluster 253:0 A', { kind: 'disk', type: 'cluster', device: '253:0', health: 'alive' }],
    ['userspace 1 COM_FAILURE', { kind: 'com-failure', type: 'userspace' }],
    ['1 new-log', { kind: 'other', type: 'new-log', arguments: [] }],
    ['2 new-core 7', { kind: 'other', type: 'new-core', arguments: ['7'] }],
    ['2 new-log 7', { kind: 'other', type: 'new-log', arguments: ['7'] }],
  ])('tells the log "%s"', (text, log) => {
    expect(decode('mirror', `1 1:0 1/1 1 A ${text}`)).toMatchObject({ log });
  });

  it('needs a letter for every leg', () => {
    expect(decode('mirror', '2 1:0 1:1 1/1 1 A 1 core')).toMatchObject({
      type: 'unknown',
      problem: 'there are 1 health letters for 2 mirrors',
    });
  });

  it('tells the table of a userspace log', () => {
    const table =
      'userspace 4 LVM-uuid clustered-disk 253:0 1024 2 254:7 0 254:8 16 2 handle_errors keep_log';
    expect(decodeTable('mirror', table)).toMatchObject({
      logType: 'userspace',
      logArguments: ['LVM-uuid', 'clustered-disk', '253:0', '1024'],
      legs: [
        { device: '254:7', start: 0 },
        { device: '254:8', start: 16 },
      ],
      features: ['handle_errors', 'keep_log'],
    });
  });
});

describe('a thin volume', () => {
  it('is filled in parts of its size in whole pool blocks, as in lvs', () => {
    expect(decode('thin', '128 127', { length: 1000, poolBlockSectors: 128 })).toMatchObject({
      fill: { used: 128, total: 1024, percent: '12.50' },
    });
  });

  it('is never more than full, although whole blocks are mapped', () => {
    expect(decode('thin', '1024 1023', { length: 1000 })).toMatchObject({
      fill: { used: 1024, total: 1000, ratio: 1, percent: '100.00' },
    });
  });

  it('has no fill if its length is not known', () => {
    expect(decode('thin', '128 127')).toMatchObject({ mappedSectors: 128, fill: null });
  });

  it('that is not bound to its pool says so in its table too', () => {
    expect(decodeTable('thin', '-')).toMatchObject({ pool: null, deviceId: null, externalOrigin: null });
    expect(decodeTable('thin', '7:0 1 7:5')).toMatchObject({
      pool: '7:0',
      deviceId: 1,
      externalOrigin: '7:5',
    });
  });
});

describe('a thin pool', () => {
  it.each<readonly [string, number | null, string]>([
    ['0 111/1024 0/512 - rw discard_passdown queue_if_no_space - 256 ', 102, 'a tenth of a small one'],
    [
      '0 9000/100000 0/512 - rw discard_passdown queue_if_no_space - 1024 ',
      4096,
      '4096 blocks of a large one',
    ],
    ['0 20/49152 0/512 - rw discard_passdown queue_if_no_space - 1024 ', null, 'none: less is in use'],
    ['0 111/1024 0/512 - rw discard_passdown queue_if_no_space -', null, 'none: an older kernel'],
  ])('%s holds back %s metadata blocks: %s', (line, reserveBlocks) => {
    expect(decode('thin-pool', line)).toMatchObject({ type: 'thin-pool', reserveBlocks });
  });

  it('that needs a check says so', () => {
    const line = '0 111/1024 0/512 - ro discard_passdown error_if_no_space needs_check 256 ';
    expect(decode('thin-pool', line)).toMatchObject({
      mode: 'ro',
      noSpace: 'error_if_no_space',
      needsCheck: true,
    });
  });
});

describe('a snapshot', () => {
  it.each([
    ['Invalid', 'invalid'],
    ['Overflow', 'overflow'],
    ['Merge failed', 'merge-failed'],
    ['Unknown', 'unknown'],
  ])('that says %s is %s, without numbers', (line, state) => {
    for (const target of ['snapshot', 'snapshot-merge'])
      expect(decode(target, line)).toEqual({ type: target, params: line, state });
  });

  it('with nothing but metadata is empty, as in lvs', () => {
    expect(decode('snapshot', '16/1024 16')).toMatchObject({
      fill: { used: 16, total: 1024, ratio: 0, percent: '0.00' },
    });
  });

  it('that says half a state is not understood', () => {
    expect(decode('snapshot', 'Merge')).toMatchObject({ type: 'unknown' });
  });
});

describe('a cache', () => {
  it('that is empty is not dirty', () => {
    const line = '8 12/1280 128 0/128 0 0 0 0 0 0 0 1 writeback 2 migration_threshold 2048 smq 0 rw - ';
    expect(decode('cache', line)).toMatchObject({ dirty: { used: 0, total: 0, ratio: 0, percent: '0.00' } });
  });

  it('is dirty in parts of the blocks in use', () => {
    const line = (dirty: number) =>
      `8 12/1280 128 4/128 0 0 0 0 0 0 ${dirty} 1 writeback 2 migration_threshold 2048 smq 0 rw - `;
    expect(decode('cache', line(0))).toMatchObject({ dirty: { used: 0, total: 4, percent: '0.00' } });
    expect(decode('cache', line(1))).toMatchObject({ dirty: { used: 1, total: 4, percent: '25.00' } });
  });

  it('of the oldest format is said to be so', () => {
    expect(decode('cache', '23/4096 0 0 0 0 0 0 0 0 0 1 writeback 0')).toMatchObject({
      type: 'unknown',
      problem: 'this is the status of the oldest dm-cache, which is not supported',
    });
  });
});

describe('integrity', () => {
  it.each([
    ['0 100 -', null],
    ['0 100 0', null],
    ['0 100 25', '25.00'],
    ['0 100 100', '100.00'],
  ])('%s is recalculated to %s, as in lvs', (line, percent) => {
    const status = decode('integrity', line);
    expect(status).toMatchObject({ type: 'integrity', recalc: percent === null ? null : { percent } });
  });

  it('shows no key', () => {
    const table = '7:2 0 4 J 3 internal_hash:hmac(sha256):00ff journal_mac:crc32c fix_hmac';
    expect(decodeTable('integrity', table)).toMatchObject({
      options: ['internal_hash:hmac(sha256):0000', 'journal_mac:crc32c', 'fix_hmac'],
    });
  });
});

describe('targets without a vector', () => {
  it('pcache tells flags in hexadecimal and positions', () => {
    expect(decode('pcache', '1f 64 62 31 70 a 3:4096 2:0 1:512')).toMatchObject({
      superblockFlags: 31,
      totalSegments: 64,
      segments: { used: 31, total: 62, percent: '50.00' },
      gcPercent: 70,
      cacheFlags: 10,
      keyHead: { segment: 3, offset: 4096 },
      dirtyTail: { segment: 2, offset: 0 },
      keyTail: { segment: 1, offset: 512 },
    });
    expect(decode('pcache', '0x1 64 62 31 70 a 3:4096 2:0 1:512')).toMatchObject({ type: 'unknown' });
    expect(decodeTable('pcache', '252:0 252:1 4 cache_mode writeback crc true')).toMatchObject({
      cacheDevice: '252:0',
      options: { cache_mode: 'writeback', crc: 'true' },
    });
  });

  it('era and clone tell an error of their metadata', () => {
    expect(decode('era', 'Error')).toEqual({ type: 'era', params: 'Error', state: 'error' });
    expect(decode('clone', 'Error')).toEqual({ type: 'clone', params: 'Error', state: 'error' });
  });

  it.each([
    [
      'striped',
      '2 64 7:0 8192 7:1 8192',
      { chunkSectors: 64, stripes: [{ device: '7:0', start: 8192 }, {}] },
    ],
    ['snapshot-origin', '254:3', { device: '254:3' }],
    [
      'switch',
      '2 80 0 8:0 0 8:16 8',
      { regionSectors: 80, options: [], paths: [{}, { device: '8:16', start: 8 }] },
    ],
    ['ebs', '7:0 8 1', { start: 8, emulatedBlockSectors: 1, underlyingBlockSectors: null }],
    ['ebs', '7:0 8 1 8', { underlyingBlockSectors: 8 }],
    ['era', '7:0 7:1 128', { metadataDevice: '7:0', originDevice: '7:1', blockSectors: 128 }],
    ['clone', '7:0 7:1 7:2 8', { sourceDevice: '7:2', features: [], coreArguments: {} }],
    [
      'clone',
      '7:0 7:1 7:2 8 1 no_hydration 2 hydration_threshold 4',
      { features: ['no_hydration'], coreArguments: { hydration_threshold: '4' } },
    ],
    ['flakey', '8:32 0 16 2', { features: [] }],
    ['integrity', '7:2 0 - D', { tagBytes: null, mode: 'D', options: [] }],
    ['log-writes', '7:0 7:1', { device: '7:0', logDevice: '7:1' }],
    ['zoned', '7:0 7:1', { devices: ['7:0', '7:1'] }],
    ['delay', '7:0 0 100', { read: { device: '7:0', start: 0, delayMs: 100 }, write: null, flush: null }],
    ['inlinecrypt', 'aes-xts-plain64 00 0 7:0 8', { key: { kind: 'raw', hexDigits: 2 }, start: 8 }],
    [
      'crypt',
      'aes - 0 7:0 0 2 allow_discards sector_size:4096',
      { options: ['allow_discards', 'sector_size:4096'] },
    ],
  ])('%s tells the table "%s"', (target, params, fields) => {
    expect(decodeTable(target, params)).toMatchObject({ type: target, params, ...fields });
  });

  it('vdo before V4 is said not to be understood', () => {
    expect(decodeTable('vdo', 'V2 /dev/sda 262144 512')).toMatchObject({
      type: 'unknown',
      problem: 'version is "V2": only V4 is understood',
    });
  });
});

describe('a count above 2^53-1', () => {
  it.each([
    ['mirror', '1 7:0 H/H 1 A 1 core'],
    ['raid', 'raid1 2 AA H/H idle H H -'],
    ['snapshot', 'H/H H'],
    ['thin', 'H H'],
    ['thin-pool', 'H H/H H/H H rw discard_passdown queue_if_no_space - H'],
    ['cache', 'H H/H H H/H H H H H H H H 1 writeback 0 smq 0 rw -'],
    ['writecache', 'H H H H H H H H H H H H H H'],
    ['integrity', 'H H H'],
    ['verity', 'C H'],
    ['multipath', '2 H H 0 1 H A 0 1 0 7:0 A H'],
    ['era', 'H H/H H H'],
    ['clone', 'H H/H H H/H H 0 0 rw'],
    ['delay', 'H H H'],
    ['log-writes', 'H H'],
    ['zoned', 'H zones H/H cache H/H random H/H sequential'],
    ['vdo', '/dev/vdb normal - online online H H'],
  ])('is read in the status of %s: %s', (target, line) => {
    const { params, values } = withHuge(line);
    expect(bigintsIn(decode(target, params))).toEqual(expect.arrayContaining(values));
  });

  it.each([
    ['linear', '7:0 H'],
    ['striped', '1 H 7:0 H'],
    ['mirror', 'core 1 1024 1 7:0 H'],
    ['raid', 'raid0 1 H 1 - 7:0'],
    ['snapshot', '7:0 7:1 P H'],
    ['thin-pool', '7:0 7:1 H H 0'],
    ['thin', '7:0 H'],
    ['cache', '7:0 7:1 7:2 H 0 smq 0'],
    ['writecache', 's 7:0 7:1 H 0'],
    ['crypt', 'aes - H 7:0 H'],
    ['integrity', '7:0 H H J 0'],
    ['verity', 'H 7:0 7:1 H H H H sha256 00 -'],
    ['multipath', '0 0 1 H round-robin 0 0 0'],
    ['era', '7:0 7:1 H'],
    ['clone', '7:0 7:1 7:2 H'],
    ['delay', '7:0 H H 7:0 H H 7:0 H H'],
    ['flakey', '7:0 H H H'],
    ['dust', '7:0 H H'],
    ['switch', '1 H 0 7:0 H'],
    ['unstriped', 'H H H 7:0 H'],
    ['ebs', '7:0 H H H'],
    ['vdo', 'V4 7:0 H H H H'],
  ])('is read in the table of %s: %s', (target, line) => {
    const { params, values } = withHuge(line);
    expect(bigintsIn(decodeTable(target, params))).toEqual(expect.arrayContaining(values));
  });
});

// Every H of the line stands for a number of its own.
function withHuge(line: string): { readonly params: string; readonly values: bigint[] } {
  const values: bigint[] = [];
  const params = line.replace(/H/g, () => {
    values.push(2n ** 64n - 1n - BigInt(values.length));
    return String(values.at(-1));
  });
  return { params, values };
}

function bigintsIn(value: unknown): readonly bigint[] {
  if (typeof value === 'bigint') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(bigintsIn) : [];
}
