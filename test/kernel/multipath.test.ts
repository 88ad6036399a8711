import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeviceMapper, summarize } from '../../lib/index.ts';
import { sameAsDmsetup, statusOf } from './support/compare.ts';
import { readDirect, type TestDisk, testDisk } from './support/disks.ts';
import { dmsetup } from './support/dmsetup.ts';
import { dmCreate, dmRemove } from './support/lab.ts';
import { until } from './support/moment.ts';

const dm = DeviceMapper.open();
let first: TestDisk;
let second: TestDisk;
beforeAll(async () => {
  first = await testDisk('path-first', 4);
  second = await testDisk('path-second', 4);
});
afterAll(() => dm.close());

describe('multipath', () => {
  it('shows a path that dies as failed, with an event, and again as active', async () => {
    const paths = `round-robin 0 2 1 ${first.device} 1 ${second.device} 1`;
    await dmCreate('lab-mpath', `0 8192 multipath 2 queue_mode bio 0 1 1 ${paths}`, { uuid: 'mpath-lab' });
    await readDirect('/dev/mapper/lab-mpath', 0, 2);
    const sound = await sameAsDmsetup(dm, 'lab-mpath');
    expect(sound.status).toMatchObject([
      { groups: [{ state: 'active', paths: [{ state: 'active' }, { state: 'active' }] }] },
    ]);
    expect(sound.status.map(summarize)).toMatchObject([{ health: 'ok' }]);
    const { eventNumber } = await dm.info({ uuid: 'mpath-lab' });

    await first.fail();
    for (let block = 0; block < 4; block++) await readDirect('/dev/mapper/lab-mpath', 64 * block);
    const path = async () => (await statusOf(dm, 'lab-mpath', 'multipath')).groups[0]?.paths[0];
    expect(await until(path, (now) => now?.state === 'failed')).toMatchObject({
      device: first.device,
      failCount: 1,
    });
    const failed = await sameAsDmsetup(dm, 'lab-mpath');
    expect(failed.status.map(summarize)).toMatchObject([{ health: 'warning' }]);
    expect((await dm.info('lab-mpath')).eventNumber).not.toBe(eventNumber);

    await first.heal();
    await dmsetup('message', 'lab-mpath', '0', `reinstate_path ${first.device}`);
    const again = await sameAsDmsetup(dm, 'lab-mpath');
    expect(again.status).toMatchObject([{ groups: [{ paths: [{ state: 'active', failCount: 1 }, {}] }] }]);
    await dmsetup('message', 'lab-mpath', '0', `fail_path ${first.device}`);
    await dmsetup('message', 'lab-mpath', '0', `fail_path ${second.device}`);
    const dead = await sameAsDmsetup(dm, 'lab-mpath');
    expect(dead.status.map(summarize)).toMatchObject([{ health: 'failed' }]);
    await dmRemove('lab-mpath');
  });

  it('with two groups and other selectors shows the arguments of each path and a disabled group', async () => {
    const [one, two] = [first.backing.device, second.backing.device];
    const groups = `service-time 0 1 2 ${one} 1 1 queue-length 0 1 1 ${two} 1`;
    await dmCreate('lab-groups', `0 8192 multipath 1 queue_if_no_path 0 2 1 ${groups}`);
    await dmsetup('message', 'lab-groups', '0', 'disable_group 2');
    const { status, table } = await sameAsDmsetup(dm, 'lab-groups');
    expect(status).toMatchObject([
      {
        groups: [
          { paths: [{ device: one, selectorArguments: { length: 2 } }] },
          { state: 'disabled', paths: [{ device: two, selectorArguments: { length: 1 } }] },
        ],
      },
    ]);
    expect(table).toMatchObject([{ type: 'multipath', groups: { length: 2 } }]);
    await dmRemove('lab-groups');
  });
});
