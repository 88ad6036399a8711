import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { onAbort } from '../../lib/abort.ts';

describe('onAbort', () => {
  it('calls all that share a signal, with one listener for them', () => {
    const controller = new AbortController();
    const called: string[] = [];
    onAbort(controller.signal, () => called.push('first'));
    onAbort(controller.signal, () => called.push('second'));
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
    controller.abort();
    expect(called).toEqual(['first', 'second']);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it('calls when another has listened to the signal before', () => {
    const controller = new AbortController();
    let calls = 0;
    controller.signal.addEventListener('abort', () => {});
    onAbort(controller.signal, () => calls++);
    controller.abort();
    expect(calls).toBe(1);
  });

  it('does not call what was taken back, before the signal fires or while it does', () => {
    const controller = new AbortController();
    let calls = 0;
    onAbort(controller.signal, () => takeBack());
    const takeBack = onAbort(controller.signal, () => calls++);
    onAbort(controller.signal, () => calls++)();
    controller.abort();
    expect(calls).toBe(0);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });
});
