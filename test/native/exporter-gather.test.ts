import { afterEach, describe, expect, it } from 'vitest';
import type { DeviceMapper } from '../../lib/device-mapper.ts';
import type { MetricsSource } from '../../lib/exporter/source.ts';
import { openSource } from '../../lib/exporter/source.ts';
import type { Monitor, WatchedDevice } from '../../lib/monitor/types.ts';
import { series } from '../unit/exporter/support/measure.ts';
import { watched } from '../unit/monitor/devices.ts';

let source: MetricsSource | undefined;
afterEach(() => source?.close());

// A kernel of which nothing comes back, with what was known of it before.
async function gatherOf(...devices: readonly WatchedDevice[]) {
  const never = new Promise<never>(() => {});
  const monitor = {
    current: new Map(devices.map((device) => [device.name, device])),
    source: 'events',
    wakeups: 0,
    ready: never,
    refresh: () => never,
    until: () => never,
    close() {},
  } as unknown as Monitor;
  const dm = { monitor: () => monitor, version: () => never, targets: () => never, stuckCalls: 1 };
  source = openSource({ dm: dm as unknown as DeviceMapper });
  return source.gather({ deadline: 100 });
}

describe('a kernel that does not answer', () => {
  it('is not up, and nothing is said of what it never told', async () => {
    const families = await gatherOf();
    expect(series(families, 'dm_up')).toEqual(['0']);
    expect(source?.trouble).toMatchObject({ reason: 'timed-out' });
    expect(series(families, 'dm_scrape_collector_success')).toEqual(['collector=device 0']);
    expect(series(families, 'dm_quarantined_devices')).toEqual([]);
    expect(series(families, 'dm_stuck_calls')).toEqual(['1']);
  });

  it('any more is not up, and its devices are stale', async () => {
    const families = await gatherOf({ ...watched(['linear'], { name: 'a' }), readAt: Date.now() - 60_000 });
    expect(series(families, 'dm_up')).toEqual(['0']);
    expect(series(families, 'dm_device_status_stale')).toEqual(['device=a 1']);
    expect(series(families, 'dm_quarantined_devices')).toEqual(['0']);
  });

  it('of one device only is up', async () => {
    const [silent, well] = [
      { ...watched(['linear'], { name: 'silent' }), readAt: Date.now() - 60_000 },
      { ...watched(['linear'], { name: 'well' }), readAt: Date.now() + 10_000 },
    ];
    const families = await gatherOf(silent, well);
    expect(series(families, 'dm_up')).toEqual(['1']);
    expect(source?.trouble).toBeNull();
    expect(series(families, 'dm_device_status_stale')).toEqual(['device=silent 1', 'device=well 0']);
  });
});
