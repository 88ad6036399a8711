import { beforeAll, describe, expect, it } from 'vitest';
import type { AnyOperation } from '../../lib/lvm/bind.ts';
import { lvcreate } from '../../lib/lvm/commands/lvcreate.ts';
import { commandLine } from '../../lib/lvm/operation.ts';
import { type LoopDisk, loopDisk, run, volumeGroup } from './support/lab.ts';

const vg = 'every';
const disks: LoopDisk[] = [];
const mib = 1024 * 1024;

beforeAll(async () => {
  for (let count = 0; count < 6; count++) disks.push(await loopDisk(64));
  await volumeGroup(vg, disks, { extentSize: '1m' });
  const make = (...args: string[]) => run('lvcreate', ['--yes', ...args]);
  await make('--size', '4m', '--name', 'origin', vg);
  await make('--type', 'thin-pool', '--size', '8m', '--name', 'pool', vg);
  await make('--type', 'thin', '--virtualsize', '8m', '--thinpool', 'pool', '--name', 'thin', vg);
  await make('--size', '4m', '--permission', 'r', '--name', 'outside', vg);
  await run('lvchange', ['--activate', 'n', `${vg}/outside`]);
  await make('--type', 'cache-pool', '--size', '8m', '--name', 'fast', vg);
  await make('--size', '8m', '--activate', 'n', '--name', 'quick', vg);
});

/** For each option a value that goes with those of all others. */
function values(type: string): Readonly<Record<string, unknown>> {
  const paths = disks.map(({ path }) => path);
  return {
    ...{
      size: 8 * mib,
      virtualSize: 8 * mib,
      stripes: type === 'raid6' ? 3 : 2,
      stripeSize: '16KiB',
      mirrors: 1,
    },
    ...{
      devices: paths,
      alloc: 'normal',
      zero: true,
      wipeSignatures: true,
      activate: 'y',
    },
    ...{
      activationSkip: false,
      readAhead: 'auto',
      monitor: false,
      permission: 'rw',
      minor: 200,
      persistent: true,
    },
    ...{ tags: ['a', '-b'], autoactivation: false, mirrorLog: 'disk', regionSize: '512KiB', noSync: true },
    ...{
      minRecoveryRate: '128KiB',
      maxRecoveryRate: '1MiB',
      raidIntegrity: { mode: 'journal', blockSize: 512 },
    },
    ...{ layout: type === 'raid6' ? 'nr' : 'rs', poolMetadataSize: 4 * mib, poolMetadataSpare: true },
    ...{ chunkSize: /napshot/.test(type) ? '16KiB' : '128KiB', discards: 'passdown', errorWhenFull: true },
    ...{
      ignoreActivationSkip: true,
      origin: { snapshot: 'origin', thinSnapshot: 'thin' }[type] ?? 'outside',
    },
    ...{
      pool: 'pool',
      cachePool: 'fast',
      cacheVol: 'quick',
      cacheDevices: paths.slice(5),
      cacheSize: 8 * mib,
    },
    ...{ cacheMode: 'writethrough', cachePolicy: 'smq', cacheMetadataFormat: '2', blockSize: 4096 },
    cacheSettings: type.startsWith('writecache') ? { high_watermark: 60 } : { migration_threshold: 2048 },
    // Answers, and what needs files of its own.
    ...{ destroyContents: true, useWholeDevices: true, highMemoryUse: true, metadataProfile: undefined },
  };
}

describe('lvm goes through', () => {
  // VDO's target is not in this kernel, so that lvm stops before it looks at the options.
  const types = Object.entries(lvcreate as unknown as Record<string, AnyOperation>).filter(
    ([type]) => type !== 'vdo',
  );

  it.each(types)('%s with all of its options at once', async (type, operation) => {
    const all = values(type);
    const options = Object.fromEntries(Object.keys(operation.options).map((key) => [key, all[key]]));
    for (const [key, value] of Object.entries(options))
      if (key !== 'metadataProfile') expect(value, `a value for ${key}`).toBeDefined();
    const { argv } = commandLine(operation, `${vg}/new` as never, { ...options, test: true } as never, true);
    const outcome = await run('lvm', argv).catch(
      ({ cause }: Error) => cause as { stderr: string; code: number },
    );
    // lvm cannot wipe the cache in a test, which it tries when it has accepted everything.
    const cannotWipe =
      'code' in outcome && outcome.code === 5 && /Failed to wipe cache pool/.test(outcome.stderr);
    expect(cannotWipe || !('code' in outcome) ? '' : outcome.stderr).toBe('');
    expect(cannotWipe).toBe(type.startsWith('cacheWith'));
  });
});
