import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeviceMapper } from '../../lib/index.ts';
import { type RichStack, richStack } from './support/rich-stack.ts';
import { restingTraffic, traffic } from './support/traffic.ts';
import { watch } from './support/watch.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());

describe('no disk access: a monitor of a stack of mirror, raid, snapshot, thin pool and cache', () => {
  let stack: RichStack;
  beforeAll(async () => {
    stack = await richStack('nodisk');
  });

  it('leaves the read and write counters of all disks as they were over 1,000 polls of everything', async () => {
    const before = await restingTraffic(stack.disks);
    const { monitor, told } = await watch(dm, { interval: 3_600_000, include: ['nodisk-*'] });
    expect(monitor.current.size).toBeGreaterThan(20);
    for (const volume of stack.volumes) expect(monitor.current.get(volume)?.error).toBeNull();
    for (let poll = 0; poll < 1000; poll++) {
      const asked = Date.now();
      const current = await monitor.refresh();
      if (poll % 100 === 0)
        for (const { readAt } of current.values()) expect(readAt).toBeGreaterThanOrEqual(asked);
    }
    expect(told.map(({ kind }) => kind)).toEqual([]);
    expect(await traffic(stack.disks)).toEqual(before);
  });

  it('and so do ticks every millisecond', async () => {
    const before = await restingTraffic(stack.disks);
    const { monitor } = await watch(dm, { interval: 1, include: ['nodisk-*'] });
    const begun = Date.now();
    await sleep(2000);
    for (const { live, readAt } of monitor.current.values())
      if (live) expect(readAt).toBeGreaterThan(begun + 1000);
    expect(await traffic(stack.disks)).toEqual(before);
  });
});
