import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnyOperation } from '../../../../lib/lvm/bind.ts';
import { lvconvert as operations } from '../../../../lib/lvm/commands/lvconvert.ts';
import { Lvm } from '../../../../lib/lvm/index.ts';
import { commandLine } from '../../../../lib/lvm/operation.ts';

const { lvconvert } = Lvm.open();
const devices = ['/dev/sdb:0-9', '/dev/sdc'];

/** The command line but for the command, as a shell would have it. */
function line(argv: readonly string[]): string {
  expect(argv[0]).toBe('lvconvert');
  return argv.slice(1).join(' ');
}

describe('the command line', () => {
  it.each([
    [
      lvconvert.mirror.argv('vg/lv', { mirrors: 1, mirrorLog: 'core', regionSize: '1MiB', devices }),
      '--type mirror --background --mirrorlog core --mirrors 1 --regionsize 1048576b -- vg/lv /dev/sdb:0-9 /dev/sdc',
    ],
    [lvconvert.mirrors.argv('vg/lv', { mirrors: 0 }), '--background --mirrors 0 -- vg/lv'],
    [lvconvert.mirrorLog.argv('vg/lv', { mirrorLog: 'disk' }), '--mirrorlog disk -- vg/lv'],
    [lvconvert.linear.argv('vg/lv', { interim: true }), '--type linear -- vg/lv'],
    [lvconvert.striped.argv('vg/lv', { stripes: 2 }), '--type striped --stripes 2 -- vg/lv'],
    [lvconvert.raid0.argv('vg/lv'), '--type raid0 -- vg/lv'],
    [lvconvert.raid0Meta.argv('vg/lv'), '--type raid0_meta -- vg/lv'],
    [lvconvert.raid1.argv('vg/lv', { mirrors: 2 }), '--type raid1 --mirrors 2 -- vg/lv'],
    [lvconvert.raid4.argv('vg/lv'), '--type raid4 -- vg/lv'],
    [lvconvert.raid5.argv('vg/lv', { alloc: 'cling' }), '--type raid5 --alloc cling -- vg/lv'],
    [lvconvert.raid5N.argv('vg/lv'), '--type raid5_n -- vg/lv'],
    [lvconvert.raid6.argv('vg/lv', { regionSize: 65_536 }), '--type raid6 --regionsize 65536b -- vg/lv'],
    [lvconvert.raid6N6.argv('vg/lv'), '--type raid6_n_6 -- vg/lv'],
    [lvconvert.raid10.argv('vg/lv'), '--type raid10 -- vg/lv'],
    [lvconvert.stripes.argv('vg/lv', { stripes: 2, allowShrink: true }), '--stripes 2 --force -- vg/lv'],
    [lvconvert.stripeSize.argv('vg/lv', { stripeSize: '32KiB' }), '--stripesize 32768b -- vg/lv'],
    [lvconvert.regionSize.argv('vg/lv', { regionSize: '32KiB' }), '--regionsize 32768b -- vg/lv'],
    [lvconvert.repair.argv('vg/lv', { devices }), '--repair --background -- vg/lv /dev/sdb:0-9 /dev/sdc'],
    [
      lvconvert.repairPool.argv('vg/lv', { poolMetadataSpare: false }),
      '--repair --poolmetadataspare n -- vg/lv',
    ],
    [
      lvconvert.replace.argv('vg/lv', { replace: ['/dev/sdx', '/dev/sdy'], devices }),
      '--replace /dev/sdx --replace /dev/sdy -- vg/lv /dev/sdb:0-9 /dev/sdc',
    ],
    [
      lvconvert.splitMirrors.argv('vg/lv', { images: 1, name: 'copy' }),
      '--splitmirrors 1 --name copy -- vg/lv',
    ],
    [lvconvert.trackSplit.argv('vg/lv', { images: 1 }), '--trackchanges --splitmirrors 1 -- vg/lv'],
    [lvconvert.mergeMirrors.argv('vg/lv_rimage_1'), '--mergemirrors -- vg/lv_rimage_1'],
    [lvconvert.mergeSnapshot.argv('vg/snap'), '--mergesnapshot --background -- vg/snap'],
    [lvconvert.mergeThin.argv('vg/snap'), '--mergethin -- vg/snap'],
    [lvconvert.splitSnapshot.argv('vg/snap'), '--splitsnapshot -- vg/snap'],
    [
      lvconvert.snapshot.argv('vg/lv', { exceptionStore: 'cow', chunkSize: '4KiB', zero: false }),
      '--type snapshot --chunksize 4096b --zero n -- vg/lv vg/cow',
    ],
    [
      lvconvert.thinPool.argv('vg/lv', { poolMetadata: 'meta', discards: 'ignore', destroyContents: true }),
      '--type thin-pool --poolmetadata meta --discards ignore -- vg/lv',
    ],
    [
      lvconvert.thin.argv('vg/lv', { thinPool: 'pool', originName: 'before' }),
      '--type thin --thinpool pool --originname before -- vg/lv',
    ],
    [
      lvconvert.cachePool.argv('vg/lv', { cacheMode: 'writeback', poolMetadataSize: '8MiB' }),
      '--type cache-pool --poolmetadatasize 8388608b --cachemode writeback -- vg/lv',
    ],
    [
      lvconvert.vdoPool.argv('vg/lv', { name: 'vdo', virtualSize: '1TiB', compression: true }),
      '--type vdo-pool --name vdo --virtualsize 1099511627776b --compression y -- vg/lv',
    ],
    [
      lvconvert.vdoPool.argv('vg/lv', {
        ...{ name: 'vdo', deduplication: false, zero: true, metadataProfile: 'vdo-small' },
        vdoSettings: { ack_threads: 1, slab_size_mb: 128 },
      }),
      '--type vdo-pool --name vdo --deduplication n --vdosettings ack_threads=1 slab_size_mb=128 --zero y --metadataprofile vdo-small -- vg/lv',
    ],
    [
      lvconvert.swapMetadata.argv('vg/pool', { poolMetadata: 'meta' }),
      '--swapmetadata --poolmetadata meta -- vg/pool',
    ],
    [
      lvconvert.cacheWithPool.argv('vg/lv', { cachePool: 'fast', zero: true }),
      '--type cache --cachepool fast --zero y -- vg/lv',
    ],
    [
      lvconvert.cacheWithVolume.argv('vg/lv', { cacheVol: 'fast' }),
      '--type cache --cachemode writethrough --cachevol fast -- vg/lv',
    ],
    [
      lvconvert.cacheWithVolume.argv('vg/lv', { cacheVol: 'fast', cacheMode: 'passthrough' }),
      '--type cache --cachevol fast --cachemode passthrough -- vg/lv',
    ],
    [
      lvconvert.cacheWithDevice.argv('vg/lv', { cacheDevices: ['/dev/nvme0n1'], cacheSize: '1GiB' }),
      '--type cache --cachedevice /dev/nvme0n1 --cachesize 1073741824b -- vg/lv',
    ],
    [
      lvconvert.writecacheWithVolume.argv('vg/lv', {
        cacheVol: 'fast',
        blockSize: 4096,
        cacheSettings: { fua: 1 },
      }),
      '--type writecache --cachevol fast --cachesettings block_size=4096 --cachesettings fua=1 -- vg/lv',
    ],
    [
      lvconvert.writecacheWithDevice.argv('vg/lv', {
        ...{ cacheDevices: ['/dev/sdx', '/dev/sdy'], cacheSize: 512, blockSize: 512 },
      }),
      '--type writecache --cachedevice /dev/sdx --cachedevice /dev/sdy --cachesize 512b --cachesettings block_size=512 -- vg/lv',
    ],
    [lvconvert.splitCache.argv('vg/lv', { withoutFlushing: true }), '--splitcache --force -- vg/lv'],
    [lvconvert.uncache.argv('vg/lv'), '--uncache -- vg/lv'],
    [
      lvconvert.integrity.argv('vg/lv', { raidIntegrityMode: 'bitmap', raidIntegrityBlockSize: 4096 }),
      '--raidintegrity y --raidintegritymode bitmap --raidintegrityblocksize 4096 -- vg/lv',
    ],
    [lvconvert.removeIntegrity.argv('vg/lv'), '--raidintegrity n -- vg/lv'],
    [lvconvert.poll.argv('vg/lv'), '--startpoll --background -- vg/lv'],
  ])('%#: %j', (argv, wanted) => {
    expect(line(argv)).toBe(wanted);
  });

  it.each([
    ['no image at all', () => lvconvert.mirror.argv('vg/lv', { mirrors: 0 })],
    ['two images tracked', () => lvconvert.trackSplit.argv('vg/lv', { images: 2 })],
    [
      'a name of lvm\u2019s own',
      () => lvconvert.splitMirrors.argv('vg/lv', { images: 1, name: 'x_rimage_0' }),
    ],
    [
      'a name too long for the kernel',
      () => lvconvert.splitMirrors.argv('vg/lv', { images: 1, name: '-a'.repeat(60) }),
    ],
    ['a path as volume', () => lvconvert.poll.argv('/dev/vg/lv')],
    ['a store that is an option', () => lvconvert.snapshot.argv('vg/lv', { exceptionStore: '--force' })],
    ['half a region', () => lvconvert.regionSize.argv('vg/lv', { regionSize: 1000 })],
    // lvm asks whether to use a setting that it does not know, and is told yes.
    [
      'a setting that dm-writecache does not have',
      () =>
        lvconvert.writecacheWithVolume.argv('vg/lv', {
          cacheVol: 'f',
          blockSize: 512,
          cacheSettings: { what: 1 } as object,
        }),
    ],
    [
      'settings with an option',
      () => lvconvert.cacheWithPool.argv('vg/lv', { cachePool: 'f', cacheSettings: { '--force': 1 } }),
    ],
  ])('is not made with %s', (_, make) => {
    expect(make).toThrow(/must|not a name/);
  });
});

// Values that callers might have, by what the options are called; strings are anything.
const anything = fc.oneof(
  fc.string(),
  fc.constantFrom(
    '-y',
    '--force',
    '-',
    'a b',
    '',
    '..',
    'x_mlog',
    'fast',
    '/dev/sdb',
    '/dev/../x',
    '/dev/-x',
  ),
);
const paths = fc.array(
  fc.oneof({ weight: 9, arbitrary: fc.constant('/dev/sdb') }, { weight: 1, arbitrary: anything }),
  { maxLength: 3 },
);
const settings = fc.oneof(
  { weight: 9, arbitrary: fc.constant({ fua: 1 }) },
  { weight: 1, arbitrary: fc.oneof(anything, fc.dictionary(fc.string(), anything)) },
);
const names = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom('fast', 'a-b') },
  { weight: 1, arbitrary: anything },
);
const good: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  ...{
    mirrors: fc.integer({ min: 1, max: 7 }),
    images: fc.constant(1),
    stripes: fc.integer({ min: 1, max: 64 }),
  },
  ...{
    devices: paths,
    replace: paths,
    cacheDevices: paths,
    cacheSettings: settings,
    vdoSettings: settings,
  },
  ...{ alloc: fc.constant('normal'), mirrorLog: fc.constant('disk'), blockSize: fc.constant(512) },
  ...{
    discards: fc.constant('ignore'),
    cacheMode: fc.constant('writeback'),
    cacheMetadataFormat: fc.constant('2'),
  },
  ...{ raidIntegrityMode: fc.constant('journal'), raidIntegrityBlockSize: fc.constant(512) },
};
const sizes = /[sS]ize$/;
const texts = /name|Name|store|Store|Pool$|Vol$|poolMetadata$|Settings$|Policy$|Profile$/;

function arbitraryOf(key: string): fc.Arbitrary<unknown> {
  const known = good[key];
  if (known !== undefined) return known;
  if (sizes.test(key)) return fc.integer({ min: 1, max: 2 ** 30 }).map((sectors) => sectors * 512);
  return texts.test(key) ? names : fc.boolean();
}

describe('any options', () => {
  it.each(Object.entries(operations) as unknown as readonly (readonly [string, AnyOperation])[])(
    '%s: no text of a caller becomes an option',
    (_, operation) => {
      const keys = Object.keys(operation.options);
      const required = keys.filter((key) => operation.options[key]?.required === true);
      const options = fc.record(Object.fromEntries(keys.map((key) => [key, arbitraryOf(key)])), {
        requiredKeys: required,
      });
      const own = new Set([
        ...operation.fixed,
        ...Object.values(operation.options).map(({ flag }) => flag.replace(/ .*/, '')),
        '--cachemode',
      ]);
      let taken = 0;
      fc.assert(
        fc.property(
          fc.oneof({ weight: 3, arbitrary: fc.constant('vg/lv') }, { weight: 1, arbitrary: anything }),
          options,
          (subject, given) => {
            let argv: readonly string[];
            try {
              ({ argv } = commandLine(operation, subject as never, given as never));
            } catch (error) {
              expect(error).toBeInstanceOf(Error);
              expect((error as { code?: string }).code).toMatch(/^ERR_(INVALID_ARG|OUT_OF_RANGE|LVM_NAME)/);
              return;
            }
            taken++;
            const end = argv.indexOf('--');
            expect(end).toBeGreaterThan(0);
            for (const one of argv.slice(1, end))
              expect(one.startsWith('-') ? own.has(one) : true).toBe(true);
            for (const one of argv.slice(end + 1)) expect(one).toMatch(/^(?:[A-Za-z0-9+_.]|\/dev\/)/);
          },
        ),
        { numRuns: 300 },
      );
      expect(taken).toBeGreaterThan(0);
    },
  );
});
