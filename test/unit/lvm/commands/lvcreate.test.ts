import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnyOperation } from '../../../../lib/lvm/bind.ts';
import { lvcreate as operations } from '../../../../lib/lvm/commands/lvcreate.ts';
import { asksToWipe, cannotWipe } from '../../../../lib/lvm/commands/lvcreate-common.ts';
import { asksForBlockSize, asksForMemory } from '../../../../lib/lvm/commands/writecache-options.ts';
import { Lvm } from '../../../../lib/lvm/index.ts';
import { commandLine } from '../../../../lib/lvm/operation.ts';

const { lvcreate } = Lvm.open();
const size = '1GiB';

/** The command line but for the command and the name, as a shell would have it. */
function line(argv: readonly string[]): string {
  expect(argv[0]).toBe('lvcreate');
  return argv.slice(1).join(' ').replace(' --name new', '');
}

describe('the command line', () => {
  it.each([
    [
      'linear',
      lvcreate.linear.argv('vg/new', { size, devices: ['/dev/sdb:0-9', '/dev/sdc'] }),
      '--type linear --size 1073741824b -- vg /dev/sdb:0-9 /dev/sdc',
    ],
    [
      'striped',
      lvcreate.striped.argv('vg/new', { size: { extents: 9 }, stripes: 3, stripeSize: '64KiB' }),
      '--type striped --extents 9 --stripes 3 --stripesize 65536b -- vg',
    ],
    [
      'mirror',
      lvcreate.mirror.argv('vg/new', {
        size,
        mirrors: 1,
        mirrorLog: 'core',
        noSync: true,
        regionSize: '1MiB',
      }),
      '--type mirror --size 1073741824b --mirrors 1 --mirrorlog core --regionsize 1048576b --nosync -- vg',
    ],
    [
      'raid0',
      lvcreate.raid0.argv('vg/new', { size, stripes: 2 }),
      '--type raid0 --size 1073741824b --stripes 2 -- vg',
    ],
    [
      'raid0Meta',
      lvcreate.raid0Meta.argv('vg/new', { size, stripes: 2 }),
      '--type raid0_meta --size 1073741824b --stripes 2 -- vg',
    ],
    [
      'raid1',
      lvcreate.raid1.argv('vg/new', {
        size,
        mirrors: 2,
        minRecoveryRate: '1MiB',
        maxRecoveryRate: '2MiB',
        raidIntegrity: { mode: 'bitmap', blockSize: 4096 },
      }),
      '--type raid1 --size 1073741824b --minrecoveryrate 1048576b --maxrecoveryrate 2097152b --raidintegrity y --raidintegritymode bitmap --raidintegrityblocksize 4096 --mirrors 2 -- vg',
    ],
    [
      'raid4',
      lvcreate.raid4.argv('vg/new', { size, stripes: 2, raidIntegrity: true }),
      '--type raid4 --size 1073741824b --raidintegrity y --stripes 2 -- vg',
    ],
    [
      'raid5',
      lvcreate.raid5.argv('vg/new', { size, stripes: 2 }),
      '--type raid5 --size 1073741824b --stripes 2 -- vg',
    ],
    [
      'raid5 with a layout',
      lvcreate.raid5.argv('vg/new', { size, stripes: 2, layout: 'ra' }),
      '--type raid5_ra --size 1073741824b --stripes 2 -- vg',
    ],
    [
      'raid6',
      lvcreate.raid6.argv('vg/new', { size, stripes: 3, layout: 'n_6' }),
      '--type raid6_n_6 --size 1073741824b --stripes 3 -- vg',
    ],
    [
      'raid10',
      lvcreate.raid10.argv('vg/new', { size, stripes: 2 }),
      '--type raid10 --mirrors 1 --size 1073741824b --stripes 2 -- vg',
    ],
    [
      'snapshot',
      lvcreate.snapshot.argv('vg/new', {
        origin: 'old',
        size: { percent: 100, of: 'ORIGIN' },
        chunkSize: '8KiB',
      }),
      '--type snapshot --extents 100%ORIGIN --chunksize 8192b -- vg/old',
    ],
    [
      'sparseSnapshot',
      lvcreate.sparseSnapshot.argv('vg/new', { size, virtualSize: '1TiB' }),
      '--type snapshot --size 1073741824b --virtualsize 1099511627776b -- vg',
    ],
    [
      'thinPool',
      lvcreate.thinPool.argv('vg/new', { size, chunkSize: '128KiB', discards: 'ignore' }),
      '--type thin-pool --size 1073741824b --chunksize 131072b --discards ignore -- vg',
    ],
    [
      'thinPool that fails when full',
      lvcreate.thinPool.argv('vg/new', { size, errorWhenFull: true }),
      '--thin --size 1073741824b --errorwhenfull y -- vg',
    ],
    [
      'thin',
      lvcreate.thin.argv('vg/new', { pool: 'tp', virtualSize: '1TiB' }),
      '--type thin --thinpool tp --virtualsize 1099511627776b -- vg',
    ],
    [
      'thinSnapshot',
      lvcreate.thinSnapshot.argv('vg/new', { origin: 'old', activationSkip: false }),
      '--type thin --setactivationskip n -- vg/old',
    ],
    [
      'thinExternalSnapshot',
      lvcreate.thinExternalSnapshot.argv('vg/new', { origin: 'old', pool: 'tp', ignoreActivationSkip: true }),
      '--type thin --thinpool tp --ignoreactivationskip -- vg/old',
    ],
    [
      'cachePool',
      lvcreate.cachePool.argv('vg/new', {
        size,
        cacheMode: 'writeback',
        cacheSettings: { migration_threshold: 2048, a: 'default' },
      }),
      '--type cache-pool --size 1073741824b --cachemode writeback --cachesettings migration_threshold=2048 a=default -- vg',
    ],
    [
      'cacheWithPool',
      lvcreate.cacheWithPool.argv('vg/new', { size, cachePool: 'cp' }),
      '--type cache --cachepool cp --size 1073741824b -- vg',
    ],
    [
      'cacheWithVolume',
      lvcreate.cacheWithVolume.argv('vg/new', { size, cacheVol: 'cv', destroyContents: true }),
      '--type cache --cachevol cv --size 1073741824b -- vg',
    ],
    [
      'cacheWithDevice',
      lvcreate.cacheWithDevice.argv('vg/new', {
        size,
        cacheDevices: ['/dev/x', '/dev/y'],
        cacheSize: '2GiB',
      }),
      '--type cache --cachedevice /dev/x --cachedevice /dev/y --cachesize 2147483648b --size 1073741824b -- vg',
    ],
    [
      'writecacheWithVolume',
      lvcreate.writecacheWithVolume.argv('vg/new', { size, cacheVol: 'cv', blockSize: 512 }),
      '--type writecache --cachevol cv --cachesettings block_size=512 --size 1073741824b -- vg',
    ],
    [
      'writecacheWithDevice',
      lvcreate.writecacheWithDevice.argv('vg/new', {
        size,
        cacheDevices: ['/dev/x'],
        blockSize: 4096,
        cacheSettings: { fua: 1 },
      }),
      '--type writecache --cachedevice /dev/x --cachesettings block_size=4096 --cachesettings fua=1 --size 1073741824b -- vg',
    ],
    [
      'vdo',
      lvcreate.vdo.argv('vg/new', {
        pool: 'vp',
        size,
        virtualSize: '1TiB',
        compression: true,
        deduplication: false,
        vdoSettings: { ack_threads: 2 },
      }),
      '--type vdo --vdopool vp --size 1073741824b --virtualsize 1099511627776b --compression y --deduplication n --vdosettings ack_threads=2 -- vg',
    ],
    ['error', lvcreate.error.argv('vg/new', { size }), '--type error --size 1073741824b -- vg'],
    ['zero', lvcreate.zero.argv('vg/new', { size }), '--type zero --size 1073741824b -- vg'],
  ])('of %s is that of lvcreate(8)', (_, argv, expected) => {
    expect(line(argv)).toBe(expected);
  });
});

const having = (option: string): readonly string[] =>
  Object.entries(operations)
    .filter(([, { options }]) => option in options)
    .map(([name]) => name);
const redundant = ['raid1', 'raid4', 'raid5', 'raid6', 'raid10'];

describe('an option that lvm takes for some types only', () => {
  it.each([
    ['minRecoveryRate', redundant],
    ['maxRecoveryRate', redundant],
    ['raidIntegrity', redundant],
    ['regionSize', ['mirror', ...redundant]],
    ['mirrorLog', ['mirror']],
    ['mirrors', ['mirror', 'raid1']],
    ['noSync', ['mirror', ...redundant.filter((name) => name !== 'raid6')]],
    ['layout', ['raid5', 'raid6']],
    ['errorWhenFull', ['thinPool']],
    ['ignoreActivationSkip', ['thinSnapshot', 'thinExternalSnapshot']],
    ['cacheMode', ['cachePool', 'cacheWithPool']],
  ])('%s is there for those', (option, names) => {
    expect([...having(option)].sort()).toEqual([...names].sort());
  });

  it('does not compile and does not run for others', () => {
    // @ts-expect-error: a mirror log is of mirrors.
    expect(() => lvcreate.raid1.argv('vg/new', { size, mirrors: 1, mirrorLog: 'core' })).toThrow(TypeError);
    // @ts-expect-error: RAID 6 is always synchronised.
    expect(() => lvcreate.raid6.argv('vg/new', { size, stripes: 3, noSync: true })).toThrow(TypeError);
    // @ts-expect-error: only a snapshot has an origin to be measured by.
    expect(() => lvcreate.linear.argv('vg/new', { size: { percent: 50, of: 'ORIGIN' } })).toThrow(TypeError);
    // @ts-expect-error: a size is bytes, or extents, or a share.
    expect(() => lvcreate.linear.argv('vg/new', { size: { extents: 1, percent: 50, of: 'FREE' } })).toThrow(
      TypeError,
    );
    // @ts-expect-error: a volume has a size.
    expect(() => lvcreate.linear.argv('vg/new', {})).toThrow(TypeError);
    // @ts-expect-error: a thin volume has a virtual size.
    expect(() => lvcreate.thin.argv('vg/new', { pool: 'tp', size })).toThrow(TypeError);
  });
});

describe('a value that lvm would refuse or misread', () => {
  it.each<[string, () => unknown]>([
    [
      'a stripe size that is no power of two',
      () => lvcreate.striped.argv('vg/new', { size, stripes: 2, stripeSize: 3 * 4096 }),
    ],
    [
      'a chunk of a snapshot that is too large',
      () => lvcreate.snapshot.argv('vg/new', { size, origin: 'o', chunkSize: '1MiB' }),
    ],
    [
      'a chunk of a thin pool that is no multiple of 64 KiB',
      () => lvcreate.thinPool.argv('vg/new', { size, chunkSize: '96KiB' }),
    ],
    ['a single stripe', () => lvcreate.striped.argv('vg/new', { size, stripes: 1 })],
    ['no copies', () => lvcreate.raid1.argv('vg/new', { size, mirrors: 0 })],
    ['two stripes with two parities', () => lvcreate.raid6.argv('vg/new', { size, stripes: 2 })],
    [
      'a block size of checksums',
      () => lvcreate.raid1.argv('vg/new', { size, mirrors: 1, raidIntegrity: { blockSize: 1000 as 512 } }),
    ],
    [
      'a block size of a writecache',
      () => lvcreate.writecacheWithVolume.argv('vg/new', { size, cacheVol: 'c', blockSize: 1024 as 512 }),
    ],
  ])('throws a RangeError: %s', (_, call) => {
    expect(call).toThrow(RangeError);
  });

  it.each<[string, () => unknown]>([
    ['a size without a unit', () => lvcreate.linear.argv('vg/new', { size: '10' })],
    [
      'an unknown setting of a writecache',
      () =>
        lvcreate.writecacheWithVolume.argv('vg/new', {
          ...{ size, cacheVol: 'c', blockSize: 512 },
          cacheSettings: { other: 1 } as object,
        }),
    ],
    [
      'a setting with blanks',
      () => lvcreate.cachePool.argv('vg/new', { size, cacheSettings: { a: '1 b=2' } }),
    ],
    ['an origin with a path', () => lvcreate.snapshot.argv('vg/new', { size, origin: '/dev/vg/o' })],
    ['an origin that looks like an option', () => lvcreate.thinSnapshot.argv('vg/new', { origin: '--yes' })],
    [
      'a pool that looks like an option',
      () => lvcreate.thin.argv('vg/new', { pool: '-y', virtualSize: size }),
    ],
    [
      'a layout of another level',
      () => lvcreate.raid5.argv('vg/new', { size, stripes: 2, layout: 'zr' as 'la' }),
    ],
    [
      'a cache device that is none',
      () => lvcreate.cacheWithDevice.argv('vg/new', { size, cacheDevices: ['x'] }),
    ],
  ])('throws a TypeError: %s', (_, call) => {
    expect(call).toThrow(TypeError);
  });
});

// A reading of the command line of its own: what takes a value, by lvcreate(8).
const bare: ReadonlySet<string> = new Set([
  '--nosync',
  '--ignoreactivationskip',
  '--thin',
  '--yes',
  '--test',
]);
const valued: ReadonlySet<string> = new Set([
  ...[
    '--type',
    '--name',
    '--size',
    '--extents',
    '--virtualsize',
    '--alloc',
    '--contiguous',
    '--zero',
    '--wipesignatures',
  ],
  ...[
    '--activate',
    '--setactivationskip',
    '--readahead',
    '--monitor',
    '--permission',
    '--minor',
    '--persistent',
  ],
  ...[
    '--setautoactivation',
    '--metadataprofile',
    '--stripes',
    '--stripesize',
    '--mirrors',
    '--mirrorlog',
    '--regionsize',
  ],
  ...[
    '--minrecoveryrate',
    '--maxrecoveryrate',
    '--raidintegrity',
    '--raidintegritymode',
    '--raidintegrityblocksize',
  ],
  ...[
    '--chunksize',
    '--discards',
    '--errorwhenfull',
    '--poolmetadatasize',
    '--poolmetadataspare',
    '--thinpool',
  ],
  ...[
    '--cachepool',
    '--cachevol',
    '--cachedevice',
    '--cachesize',
    '--cachemode',
    '--cachepolicy',
    '--cachesettings',
  ],
  ...['--cachemetadataformat', '--vdopool', '--compression', '--deduplication', '--vdosettings'],
]);

/** The options of a command line as getopt takes them, and its operands. Throws at what it does not know. */
function read(argv: readonly string[]) {
  const [command, ...rest] = argv;
  expect(command).toBe('lvcreate');
  const options: string[] = [];
  const values: string[] = [];
  while (rest.length > 0 && rest[0] !== '--') {
    const one = rest.shift() ?? '';
    if (one.startsWith('--addtag=')) {
      options.push('--addtag');
      values.push(one.slice('--addtag='.length));
      continue;
    }
    if (!bare.has(one) && !valued.has(one)) throw new Error(`${one} is no option of lvcreate`);
    options.push(one);
    if (valued.has(one)) values.push(rest.shift() ?? '');
  }
  return { options, values, operands: rest.slice(1) };
}

const anyText = fc.oneof(
  fc.string(),
  fc.constantFrom(
    '--yes',
    '-y',
    '--',
    'a',
    'tp',
    '/dev/sdb',
    '/dev/sdb:0-9',
    '--config=x',
    '@tag',
    '',
    'vg/x',
    '\0',
  ),
);
const anyValue = fc.oneof(
  { weight: 4, arbitrary: anyText },
  fc.array(anyText, { maxLength: 3 }),
  fc.boolean(),
  fc.integer({ min: -1, max: 9 }),
  fc.constantFrom(
    4096,
    65_536,
    '1GiB',
    1n << 33n,
    'y',
    'n',
    'rw',
    'disk',
    'core',
    'ls',
    'zr',
    'writeback',
    'smq',
    '2',
    'auto',
  ),
  fc.dictionary(
    fc.oneof(fc.string(), fc.constantFrom('extents', 'percent', 'of', 'mode', 'blockSize', 'fua')),
    fc.oneof(fc.nat(), anyText),
    { maxKeys: 3 },
  ),
);
// What makes a call good, so that not all are refused for what is left out.
const good: Readonly<Record<string, unknown>> = {
  ...{ size: '1GiB', virtualSize: '2GiB', stripes: 3, mirrors: 1, origin: 'origin', pool: 'pool' },
  ...{ cachePool: 'cp', cacheVol: 'cv', cacheDevices: ['/dev/sdx'], blockSize: 512 },
};

describe('any options', () => {
  it.each(Object.entries(operations) as unknown as [string, AnyOperation][])(
    'of %s give a command line without an option that is not one of its own, or throw a TypeError or RangeError',
    (_, operation) => {
      const keys = Object.keys(operation.options);
      const own = new Set([
        ...Object.values(operation.options).flatMap(({ flag }) => flag.split(', ')),
        ...['--name', '--type', '--thin', '--raidintegritymode', '--raidintegrityblocksize'],
        ...operation.fixed.filter((word) => word.startsWith('--')),
      ]);
      const required = Object.fromEntries(
        Object.entries(operation.options).flatMap(([key, { required: must }]) =>
          must ? [[key, good[key]]] : [],
        ),
      );
      const some = fc.dictionary(fc.constantFrom(...keys), anyValue, { maxKeys: 4 });
      let made = 0;
      fc.assert(
        fc.property(some, fc.oneof(fc.constant('vg/new'), anyText), (options, target) => {
          let argv: readonly string[];
          try {
            argv = commandLine(operation, target as never, { ...required, ...options } as never).argv;
          } catch (error) {
            if (error instanceof TypeError || error instanceof RangeError) return;
            throw error;
          }
          made += 1;
          const found = read(argv);
          for (const option of found.options) expect(own).toContain(option);
          expect(found.operands[0]?.split('/')[0]).toBe(target.split('/')[0]);
          for (const [index, operand] of found.operands.entries())
            if (index > 0) expect(operand).toMatch(/^\/dev\//);
          expect(new Set(found.options.filter((one) => one === '--type' || one === '--name')).size).toBe(
            found.options.filter((one) => one === '--type' || one === '--name').length,
          );
          for (const value of found.values) expect(value).not.toContain('\0');
        }),
        { numRuns: 300 },
      );
      expect(made).toBeGreaterThan(10);
    },
  );
});

describe('what lvm may ask about signatures', () => {
  const decisions = fc.record(
    {
      zero: fc.boolean(),
      wipeSignatures: fc.boolean(),
      activate: fc.constantFrom('y' as const, 'n' as const, 'ay' as const),
      activationSkip: fc.boolean(),
      permission: fc.constantFrom('rw' as const, 'r' as const),
    },
    { requiredKeys: [] },
  );

  it('is granted by wipeSignatures alone, and never where lvm cannot write', () => {
    fc.assert(
      fc.property(decisions, (options) => {
        const questions = asksToWipe({ options });
        for (const { granted, consent } of questions) {
          expect(consent).toBe('wipeSignatures');
          expect(granted).toBe(options.wipeSignatures === true);
        }
        const isRefused = cannotWipe({ options }) !== null;
        const isWritten =
          (options.activate ?? 'y') === 'y' && options.activationSkip !== true && options.permission !== 'r';
        expect(isRefused).toBe(!isWritten && (options.zero === true || options.wipeSignatures === true));
        if (!isWritten) expect(questions).toEqual([]);
        // Who wants signatures wiped has lvm's question answered, also if nothing is zeroed.
        else if (options.wipeSignatures === true) expect(questions).toHaveLength(1);
      }),
    );
  });
});

describe('what lvm asks about a writecache', () => {
  it('is the size of its blocks, unless they are the smallest', () => {
    expect(asksForBlockSize({ blockSize: 512 })).toEqual([]);
    expect(asksForBlockSize({ blockSize: 4096 })).toMatchObject([{ granted: true, certain: true }]);
  });

  it('is whether it may take half of the memory or more, 88 bytes a block', () => {
    const memory = 2 ** 30;
    const blocks = BigInt(Math.ceil(memory / 2 / 88));
    expect(asksForMemory({ blockSize: 512 }, blocks * 512n, memory)).toMatchObject([{ granted: false }]);
    expect(asksForMemory({ blockSize: 512 }, (blocks - 1n) * 512n, memory)).toEqual([]);
    const large = { blockSize: 4096 } as const;
    expect(asksForMemory({ ...large, highMemoryUse: true }, blocks * 4096n, memory)).toMatchObject([
      { granted: true },
    ]);
    expect(asksForMemory(large, (blocks - 1n) * 4096n, memory)).toEqual([]);
  });
});
