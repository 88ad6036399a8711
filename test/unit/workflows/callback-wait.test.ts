import { expect, it } from 'vitest';
import { awaitCallback } from '../../../lib/workflows/callback-wait.ts';

it('a callback that goes on after the signal is named in the progress, and waited for', async () => {
  const told: unknown[] = [];
  const control = new AbortController();
  const context = { signal: control.signal, progress: (one: unknown) => void told.push(one) };
  let end = (_: number): void => {};
  const called = awaitCallback('unmount', context, () => new Promise<number>((resolve) => (end = resolve)));
  expect(told).toEqual([]);
  control.abort();
  expect(told).toEqual([{ ratio: null, detail: 'waiting for unmount to end' }]);
  end(7);
  expect(await called).toBe(7);
});

it('a callback that has ended is not', async () => {
  const told: unknown[] = [];
  const control = new AbortController();
  const context = { signal: control.signal, progress: (one: unknown) => void told.push(one) };
  const broken = new Error('no');
  const call = awaitCallback('unmount', context, () => {
    throw broken;
  });
  await expect(call).rejects.toBe(broken);
  control.abort();
  expect(told).toEqual([]);
});
