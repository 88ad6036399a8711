import { afterEach, describe, expect, it, vi } from 'vitest';
import type { DeviceMapper } from '../../../lib/device-mapper.ts';
import { DmError, type DmReason } from '../../../lib/errors.ts';
import { openLooker } from '../../../lib/exporter/look.ts';
import type { Monitor, WatchedDevice } from '../../../lib/monitor/types.ts';
import { watched } from '../monitor/devices.ts';

const failure = (reason: DmReason): DmError =>
  new DmError({ reason, errno: 0, operation: 'list', device: '', log: [] });

/** A monitor that answers a refresh when the test says so. */
function scripted(source: Monitor['source'] = 'polling') {
  const state = { refreshes: 0, closed: false, current: new Map<string, WatchedDevice>() };
  const waiting: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];
  const askers = new Set<() => void>();
  const monitor = {
    source,
    get current() {
      return state.current;
    },
    refresh: () => {
      state.refreshes++;
      return new Promise<void>((resolve, reject) => waiting.push({ resolve, reject }));
    },
    until: (predicate: (current: Monitor['current']) => boolean) =>
      new Promise<void>((resolve) => {
        const ask = (): void => {
          if (predicate(state.current)) resolve();
        };
        askers.add(ask);
        ask();
      }),
    close: () => {
      state.closed = true;
    },
  };
  return {
    state,
    monitor: monitor as unknown as Monitor,
    has(...devices: readonly WatchedDevice[]) {
      state.current = new Map(devices.map((device) => [device.name, device]));
      for (const ask of askers) ask();
    },
    answer: () => waiting.shift()?.resolve(),
    fail: (error: Error) => waiting.shift()?.reject(error),
  };
}

function dmOf(...monitors: readonly ReturnType<typeof scripted>[]): DeviceMapper {
  const left = [...monitors];
  return { monitor: () => left.shift()?.monitor } as unknown as DeviceMapper;
}

const device = (name: string, readAt: number, staleSince: number | null = null): WatchedDevice => ({
  ...watched(['linear'], { name, staleSince }),
  readAt,
});
const soon = (): number => performance.now() + 50;
const later = (): number => performance.now() + 20_000;

describe('a look', () => {
  it('is over when everything was read', async () => {
    const script = scripted();
    const looking = openLooker(dmOf(script), {}).look(later());
    script.answer();
    expect(await looking).toMatchObject({ devices: [], error: null, isLate: false });
  });

  it('waits for no device that did not answer the last time, but for all others', async () => {
    const script = scripted();
    script.has(device('hangs', 0, 1), device('works', 0));
    const looking = openLooker(dmOf(script), {}).look(later());
    let isOver = false;
    void looking.then(() => {
      isOver = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(isOver).toBe(false);
    script.has(device('hangs', 0, 1), device('works', Date.now()));
    const { devices, isLate } = await looking;
    expect(isLate).toBe(false);
    expect(devices.map(({ name }) => name)).toEqual(['hangs', 'works']);
  });

  it('is late when its time is over, with what was known', async () => {
    const script = scripted();
    script.has(device('works', 0));
    const looked = await openLooker(dmOf(script), {}).look(soon());
    expect(looked).toMatchObject({ error: null, isLate: true });
    expect(looked.devices).toHaveLength(1);
    expect(looked.since).toBeGreaterThan(0);
  });

  it('is one for all that look at the same time, and a new one after that', async () => {
    const script = scripted();
    const looker = openLooker(dmOf(script), {});
    const looks = [looker.look(later()), looker.look(later())];
    script.answer();
    await Promise.all(looks);
    expect(script.state.refreshes).toBe(1);
    const next = looker.look(later());
    script.answer();
    await next;
    expect(script.state.refreshes).toBe(2);
  });

  it('that fails says why, and the next one goes through a new monitor', async () => {
    const [first, second] = [scripted(), scripted()];
    const looker = openLooker(dmOf(first, second), {});
    const looking = looker.look(later());
    first.fail(failure('no-driver'));
    expect((await looking).error).toMatchObject({ reason: 'no-driver' });
    expect(first.state.closed).toBe(true);
    expect(looker.restarts).toBe(1);
    expect(looker.monitor).toBe(second.monitor);
    const next = looker.look(later());
    second.answer();
    expect((await next).error).toBeNull();
  });

  it('starts no monitor in place of one that was closed', async () => {
    const script = scripted();
    const looker = openLooker(dmOf(script), {});
    const looking = looker.look(later());
    script.fail(failure('closed'));
    expect((await looking).error).toMatchObject({ reason: 'closed' });
    expect(looker.monitor).toBe(script.monitor);
  });
});

describe('a look where events tell what happens', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  async function watching() {
    vi.useFakeTimers({ now: 1_000_000, toFake: ['Date'] });
    const [first, second, third] = [scripted('events'), scripted('events'), scripted('events')];
    const looker = openLooker(dmOf(first, second, third), {});
    const looking = looker.look(later());
    first.has(device('disk', 1_000_000));
    first.answer();
    await looking;
    return { first, second, looker };
  }

  it('asks nothing: the monitor knows', async () => {
    const { first, looker } = await watching();
    first.has(device('disk', 1_000_000), device('new', 1_000_001));
    const { devices, error, isLate } = await looker.look(later());
    expect({ names: devices.map(({ name }) => name), error, isLate }).toEqual({
      ...{ names: ['disk', 'new'], error: null, isLate: false },
    });
    expect(first.state.refreshes).toBe(1);
  });

  it('has everything read behind its back after 15 s, for what raises no event', async () => {
    const { first, looker } = await watching();
    vi.setSystemTime(1_015_000);
    await looker.look(later());
    await looker.look(later());
    expect(first.state.refreshes).toBe(2);
  });

  it('is late again when that does not come back', async () => {
    const { first, looker } = await watching();
    vi.setSystemTime(1_015_000);
    await looker.look(later());
    vi.setSystemTime(1_020_000);
    expect(await looker.look(soon())).toMatchObject({ isLate: true, since: 1_015_000 });
    expect(first.state.refreshes).toBe(2);
  });

  it('says why once that has failed, and goes on with a new monitor', async () => {
    const { first, second, looker } = await watching();
    vi.setSystemTime(1_015_000);
    await looker.look(later());
    first.fail(failure('no-driver'));
    await new Promise((resolve) => setImmediate(resolve));
    const looking = looker.look(later());
    second.fail(failure('no-driver'));
    expect((await looking).error).toMatchObject({ reason: 'no-driver' });
  });
});
