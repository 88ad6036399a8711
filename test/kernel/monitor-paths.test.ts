import { afterAll, describe, expect, it } from 'vitest';
import { DeviceMapper } from '../../lib/index.ts';
import { readDirect, testDisk } from './support/disks.ts';
import { dmsetup } from './support/dmsetup.ts';
import { dmCreate, dmRemove } from './support/lab.ts';
import { watch } from './support/watch.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());

describe('a multipath device', () => {
  it('tells of the path that fails under a read and of its return, by the event, without a tick', async () => {
    const first = await testDisk('mp-first', 4);
    const second = await testDisk('mp-second', 4);
    const paths = `round-robin 0 2 1 ${first.device} 1 ${second.device} 1`;
    await dmCreate('mp-top', `0 8192 multipath 2 queue_mode bio 0 1 1 ${paths}`);
    await readDirect('/dev/mapper/mp-top', 0, 2);
    const watching = await watch(dm, { interval: 3_600_000 });
    await first.fail();
    for (let block = 0; block < 4; block++) await readDirect('/dev/mapper/mp-top', 64 * block);
    expect(await watching.seen('path-failed', 'mp-top', 5)).toMatchObject({ path: first.device });
    await first.heal();
    await dmsetup('message', 'mp-top', '0', `reinstate_path ${first.device}`);
    expect(await watching.seen('path-restored', 'mp-top', 5)).toMatchObject({ path: first.device });
    expect(watching.kindsOf('mp-top')).toEqual(['path-failed', 'path-restored']);
    await dmRemove('mp-top');
  });
});
