import { describe, expect, it } from 'vitest';
import { progressFeed } from '../../../../lib/lvm/jobs/feed.ts';
import type { JobProgress } from '../../../../lib/lvm/jobs/job.ts';
import { paceMaker } from '../../../../lib/lvm/jobs/pace.ts';
import type { Measure } from '../../../../lib/lvm/jobs/reading.ts';

const measure = (done: number, action = 'copy'): Measure => ({
  ...{ ratio: done / 100, done, total: 100, unit: 'regions', action, bytes: 1000 },
});
const pace = paceMaker('vg/a', () => 0);
const progress = (done: number): JobProgress => pace(measure(done), 'kernel', null);

describe('the feed of a job', () => {
  it('gives each reader the newest, and skips what it was too slow for', async () => {
    const feed = progressFeed();
    expect(feed.latest()).toBeNull();
    feed.push(progress(1));
    feed.push(progress(2));
    const [one, other] = [feed.iterate(), feed.iterate()];
    expect((await one.next()).value?.done).toBe(2);
    feed.push(progress(3));
    expect((await one.next()).value?.done).toBe(3);
    expect((await other.next()).value?.done).toBe(3);
    expect(feed.latest()?.done).toBe(3);
  });

  it('gives what was pushed last before its end, then ends', async () => {
    const feed = progressFeed();
    const reader = feed.iterate();
    const first = reader.next();
    feed.push(progress(7));
    feed.end();
    expect((await first).value?.done).toBe(7);
    expect(await reader.next()).toEqual({ done: true, value: undefined });
    expect(await feed.iterate().next()).toMatchObject({ done: false });
  });

  it('rejects with its error once, then ends', async () => {
    const feed = progressFeed();
    const reader = feed.iterate();
    const next = reader.next();
    feed.end(new Error('leg failed'));
    await expect(next).rejects.toThrow('leg failed');
    expect(await reader.next()).toEqual({ done: true, value: undefined });
  });

  it('lets go of a reader that leaves, also while it waits', async () => {
    const feed = progressFeed();
    const reader = feed.iterate();
    const next = reader.next();
    await reader.return?.();
    expect(await next).toEqual({ done: true, value: undefined });
    feed.push(progress(1));
    expect(await reader.next()).toEqual({ done: true, value: undefined });
  });
});

describe('the pace of a job', () => {
  it('is told from three looks on: bytes a second, and milliseconds that are left', () => {
    let now = 0;
    const next = paceMaker('vg/a', () => now);
    const told = [0, 10, 20].map((done) => {
      const one = next(measure(done), 'kernel', null);
      now += 1000;
      return one;
    });
    expect(told[0]).toMatchObject({ bytesPerSecond: null, remaining: null });
    expect(told[2]?.bytesPerSecond).toBeCloseTo(100);
    expect(told[2]?.remaining).toBeCloseTo(8000);
  });

  it('begins anew with another action, and has no bytes where nobody knows them', () => {
    let now = 0;
    const next = paceMaker('vg/a', () => now);
    for (const done of [0, 10, 20]) {
      next(measure(done), 'kernel', null);
      now += 1000;
    }
    expect(next(measure(30, 'check'), 'kernel', null).remaining).toBeNull();
    const text = paceMaker('vg/a', () => now);
    let last = text({ ...measure(0), bytes: null }, 'lvm', null);
    for (const done of [10, 20, 30]) {
      now += 1000;
      last = text({ ...measure(done), bytes: null }, 'lvm', null);
    }
    expect(last.bytesPerSecond).toBeNull();
    expect(last.remaining).toBeCloseTo(7000);
    expect(text({ ...measure(40), ratio: 1.5 }, 'lvm', null).ratio).toBe(1);
  });
});
