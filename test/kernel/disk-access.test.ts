import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeviceMapper } from '../../lib/index.ts';
import { run } from './support/lab.ts';
import { type RichStack, richStack } from './support/rich-stack.ts';
import { restingTraffic, traffic } from './support/traffic.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());

describe('reading the status of a stack of mirror, raid, snapshot, thin pool and cache', () => {
  const vg = 'quiet';
  let stack: RichStack;
  beforeAll(async () => {
    stack = await richStack(vg);
  });

  it('touches no disk: 200 polls leave the read and write counters of all of them as they were', async () => {
    const before = await restingTraffic(stack.disks);
    for (let poll = 0; poll < 200; poll++) {
      const all = await dm.status();
      if (poll === 0) expect(all.map(({ error }) => error)).not.toContainEqual(expect.any(Error));
    }
    await dm.table();
    await dm.devices();
    expect(await traffic(stack.disks)).toEqual(before);
  });

  it('but the first status of a thin volume after its activation may read its mapping from the pool metadata', async () => {
    await run('lvchange', ['--activate', 'n', `${vg}/thin`, `${vg}/pool`]);
    await run('lvchange', ['--activate', 'y', `${vg}/thin`]);
    const before = await traffic(stack.disks);
    await dm.status(`${vg}/thin`);
    const after = await traffic(stack.disks);
    const writes = (counters: readonly string[]) => counters.map((counter) => counter.split(', ')[1]);
    expect(writes(after)).toEqual(writes(before));
    for (let poll = 0; poll < 20; poll++) await dm.status(`${vg}/thin`);
    expect(await traffic(stack.disks)).toEqual(after);
  });
});
