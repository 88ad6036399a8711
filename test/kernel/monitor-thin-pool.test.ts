import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeviceMapper } from '../../lib/index.ts';
import { type TestDisk, testDisk, write } from './support/disks.ts';
import { replaceTable } from './support/dmsetup.ts';
import { dmCreate, dmRemove, run } from './support/lab.ts';
import { makeThinPool } from './support/thin.ts';
import { watch } from './support/watch.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());

const mebibyte = 1024 * 1024;
let metadata: TestDisk;
let data: TestDisk;
beforeAll(async () => {
  metadata = await testDisk('mt-meta', 4);
  data = await testDisk('mt-data', 16);
});

async function removePool(): Promise<void> {
  await dmRemove('mt-thin');
  await dmRemove('mt-pool');
}

describe('a thin pool that fills', () => {
  it('crosses the thresholds in order, is out of data space, and writable again with more of it', async () => {
    await makeThinPool('mt', metadata, data);
    const half = `0 16384 thin-pool ${metadata.device} ${data.device} 128 32 1 error_if_no_space`;
    await removePool();
    await write(metadata.path, 0, 4096, 0);
    await dmCreate('mt-pool', half);
    await run('dmsetup', ['message', 'mt-pool', '0', 'create_thin 0']);
    await dmCreate('mt-thin', '0 32768 thin /dev/mapper/mt-pool 0');
    const watching = await watch(dm, { interval: 50, thresholds: [0.5, 0.9] });
    await write('/dev/mapper/mt-thin', 0, 5 * mebibyte);
    await watching.monitor.refresh();
    await write('/dev/mapper/mt-thin', 5 * mebibyte, 2.5 * mebibyte);
    await watching.monitor.refresh();
    const crossed = watching.told.filter(({ kind }) => kind.startsWith('usage'));
    expect(crossed).toMatchObject([
      { kind: 'usage-above', usage: 'data', threshold: 0.5 },
      { kind: 'usage-above', usage: 'data', threshold: 0.9 },
    ]);
    await write('/dev/mapper/mt-thin', 8 * mebibyte, mebibyte).catch(() => undefined);
    const { after } = await watching.seen('out-of-data-space', 'mt-pool', 5);
    expect(after).toMatchObject({ mode: 'out_of_data_space' });
    watching.forget();
    await replaceTable('mt-pool', half.replace('16384', '32768'));
    const { before, after: now } = await watching.seen('mode-changed', 'mt-pool', 5);
    expect([before, now]).toMatchObject([{ mode: 'out_of_data_space' }, { mode: 'rw' }]);
    await watching.monitor.refresh();
    const sunk = watching.told.filter(({ kind }) => kind === 'usage-below');
    expect(sunk.map((change) => 'threshold' in change && change.threshold)).toContain(0.9);
    await removePool();
  });
});

describe('a thin pool whose metadata cannot be written', () => {
  it('becomes read-only and needs a check by its event, without a tick, and is sound once repaired', async () => {
    await makeThinPool('mt', metadata, data);
    const watching = await watch(dm, { interval: 3_600_000 });
    const { backing } = metadata;
    await replaceTable('mt-meta', `0 8192 flakey ${backing.device} 2048 0 3600 1 error_writes`);
    await write('/dev/mapper/mt-thin', 4 * mebibyte, 65_536).catch(() => undefined);
    const { before, after } = await watching.seen('mode-changed', 'mt-pool', 5);
    expect([before, after]).toMatchObject([{ mode: 'rw' }, { mode: 'ro' }]);
    await watching.seen('needs-check', 'mt-pool', 5);

    await removePool();
    await metadata.heal();
    await run('thin_check', ['--clear-needs-check-flag', metadata.path]);
    watching.forget();
    await dmCreate('mt-pool', `0 32768 thin-pool ${metadata.device} ${data.device} 128 0`);
    await watching.seen('device-added', 'mt-pool', 5);
    await watching.monitor.refresh();
    expect(watching.monitor.current.get('mt-pool')?.segments).toMatchObject([
      { status: { mode: 'rw', needsCheck: false } },
    ]);
    await dmRemove('mt-pool');
  });

  it('that cannot be read either fails, and its volume with it', async () => {
    await makeThinPool('mt', metadata, data);
    const watching = await watch(dm, { interval: 100 });
    await metadata.fail();
    await write('/dev/mapper/mt-thin', 8 * mebibyte, 65_536).catch(() => undefined);
    await watching.seen('target-failed', 'mt-pool', 5);
    await watching.seen('target-failed', 'mt-thin', 5);
    await removePool();
    await metadata.heal();
  });
});

describe('a thin pool with little room for metadata', () => {
  it('is low on metadata before it is full, and crosses the thresholds of metadata', async () => {
    const small = await testDisk('mt-small', 4);
    await replaceTable('mt-small', `0 1024 linear ${small.backing.device} 2048`);
    await write(small.path, 0, 4096, 0);
    await dmCreate('mt-low', `0 32768 thin-pool ${small.device} ${data.device} 128 0`);
    const watching = await watch(dm, { interval: 100, thresholds: [0.5, 0.7] });
    // Every volume takes a block of metadata for its root.
    const make = 'for id in $(seq 1 85); do dmsetup message mt-low 0 "create_thin $id"; done';
    await run('sh', ['-ec', make]);
    const { after } = await watching.seen('metadata-low', 'mt-low', 5);
    expect(after).toMatchObject({ state: 'ok', mode: 'rw' });
    await watching.monitor.refresh();
    const crossed = watching.told.filter(({ kind }) => kind === 'usage-above');
    expect(crossed).toMatchObject([
      { usage: 'metadata', threshold: 0.5 },
      { usage: 'metadata', threshold: 0.7 },
    ]);
    expect(watching.kindsOf('mt-low').filter((kind) => kind === 'metadata-low')).toHaveLength(1);
    await dmRemove('mt-low');
  });
});
