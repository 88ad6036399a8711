import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeviceMapper, summarize } from '../../lib/index.ts';
import { sameAsDmsetup, statusOf } from './support/compare.ts';
import { type TestDisk, testDisk, write } from './support/disks.ts';
import { dmsetup, replaceTable } from './support/dmsetup.ts';
import { dmRemove } from './support/lab.ts';
import { until } from './support/moment.ts';
import { makeThinPool } from './support/thin.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());

describe('a thin pool whose metadata disk dies', () => {
  let metadata: TestDisk;
  let data: TestDisk;
  beforeAll(async () => {
    metadata = await testDisk('thinfail-meta', 4);
    data = await testDisk('thinfail-data', 32);
    await makeThinPool('thinfail', metadata, data);
  });

  it('is read-only and needs a check after a write of metadata failed', async () => {
    const { eventNumber } = await dm.info('thinfail-pool');
    const { backing } = metadata;
    await replaceTable('thinfail-meta', `0 8192 flakey ${backing.device} 2048 0 3600 1 error_writes`);
    await write('/dev/mapper/thinfail-thin', 4_194_304, 65_536).catch(() => undefined);
    const now = await until(
      () => statusOf(dm, 'thinfail-pool', 'thin-pool'),
      (pool) => pool.state !== 'ok' || pool.mode !== 'rw',
    );
    expect(now).toMatchObject({ state: 'ok', mode: 'ro', needsCheck: true });
    expect(summarize(now)).toMatchObject({ health: 'failed' });
    await sameAsDmsetup(dm, 'thinfail-pool');
    await sameAsDmsetup(dm, 'thinfail-thin');
    expect((await dm.info('thinfail-pool')).eventNumber).not.toBe(eventNumber);
  });

  it('fails once the metadata cannot be read at all, and its volumes with it', async () => {
    await dmRemove('thinfail-thin');
    await metadata.heal();
    await dmRemove('thinfail-pool');
    await makeThinPool('thinfail', metadata, data);
    await metadata.fail();
    await write('/dev/mapper/thinfail-thin', 8_388_608, 65_536).catch(() => undefined);
    const now = await until(
      () => statusOf(dm, 'thinfail-pool', 'thin-pool'),
      (pool) => pool.state !== 'ok' || pool.mode !== 'rw',
    );
    expect(now).toMatchObject({ state: 'fail', params: 'Fail' });
    expect(summarize(now)).toMatchObject({ health: 'failed' });
    const { status } = await sameAsDmsetup(dm, 'thinfail-thin');
    expect(status).toMatchObject([{ type: 'thin', state: 'fail' }]);
    expect(await dmsetup('status', 'thinfail-pool')).toMatch(/ thin-pool Fail$/m);
    await dmRemove('thinfail-thin');
    await dmRemove('thinfail-pool');
    await metadata.heal();
  });
});
