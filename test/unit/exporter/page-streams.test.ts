import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Lists } from '../../../lib/exporter/page/lists.ts';
import { h } from '../../../lib/exporter/page/node.ts';
import { createStreams, streamLimits } from '../../../lib/exporter/page/streams.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the stream of a page', () => {
  it('begins with everything, then has only what changes, at most once an interval', () => {
    const { client, set } = started();
    expect(client.lists()).toMatchObject([
      { rows: { order: ['a', 'b'], put: [row('a', '1'), row('b', '1')] }, 'as-of': expect.anything() },
    ]);
    set(['a', '1'], ['b', '2']);
    set(['a', '1'], ['b', '3']);
    vi.advanceTimersByTime(streamLimits.interval);
    expect(client.lists().slice(1)).toEqual([
      { rows: { order: ['a', 'b'], put: [row('b', '3')] }, 'as-of': expect.anything() },
    ]);
    set(['b', '3']);
    vi.advanceTimersByTime(streamLimits.interval);
    expect(client.lists().slice(2)).toEqual([
      { rows: { order: ['b'], put: [] }, 'as-of': expect.anything() },
    ]);
  });

  it('says nothing while nothing changes but the time, until a heartbeat is due', () => {
    const { client } = started();
    vi.advanceTimersByTime(streamLimits.heartbeat - 1000);
    expect(client.lists()).toHaveLength(1);
    vi.advanceTimersByTime(1000);
    expect(client.lists().slice(1)).toEqual([{ 'as-of': expect.anything() }]);
  });

  it('skips a client that does not read, tells it all it has missed in one, and drops it after a while', () => {
    const { client, set } = started();
    client.full = true;
    set(['a', '2'], ['b', '2']);
    vi.advanceTimersByTime(1000);
    const written = client.written.length;
    for (let second = 0; second < 20; second++) {
      set(['a', `${second}`], ['b', `${second}`]);
      vi.advanceTimersByTime(1000);
    }
    expect(client.written).toHaveLength(written);
    client.full = false;
    client.emit('drain');
    vi.advanceTimersByTime(1000);
    expect(client.lists().at(-1)).toMatchObject({ rows: { put: [row('a', '19'), row('b', '19')] } });
    client.full = true;
    set(['a', 'x'], ['b', 'x']);
    vi.advanceTimersByTime(1000 + streamLimits.patience);
    expect(client.destroyed).toBe(true);
  });

  it('is one of so many, whose place is free again when it ends', () => {
    const streams = createStreams('v', { ...streamLimits, clients: 2 }, () => {});
    const [first, second] = [fakeClient(), fakeClient()];
    for (const each of [first, second]) streams.open(each, () => empty);
    expect(streams.isFull).toBe(true);
    first.emit('close');
    expect([streams.isFull, streams.count]).toEqual([false, 1]);
    second.emit('error');
    expect(streams.count).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends after an hour, so that who looks has to say again who it is', () => {
    const { client } = started();
    vi.advanceTimersByTime(streamLimits.age + 1000);
    expect(client.ended).toBe(true);
  });

  it('is safe with any key, and no text ends a line of it', () => {
    const { client, set } = started();
    set(['__proto__', 'a\nb\r\n\ndata: x'], ['constructor', '\u2028']);
    vi.advanceTimersByTime(1000);
    expect(client.lists().at(-1)).toMatchObject({ rows: { order: ['__proto__', 'constructor'] } });
    for (const chunk of client.written.slice(1)) expect(chunk).toMatch(/^event: lists\ndata: [^\n\r]+\n\n$/);
  });
});

const empty: Lists = {
  notice: [],
  verdict: [],
  counts: [],
  rows: [],
  'rows-pager': [],
  disks: [],
  'disks-pager': [],
  stacks: [],
  changes: [],
  'as-of': [],
};

type Row = readonly [key: string, text: string];

function row(key: string, text: string): readonly [string, ReturnType<typeof h>] {
  return [key, h('tr', {}, text)];
}

function started() {
  let rows: readonly Row[] = [
    ['a', '1'],
    ['b', '1'],
  ];
  let asked = 0;
  const client = fakeClient();
  const streams = createStreams('v', streamLimits, () => {});
  streams.open(client, () => ({
    ...empty,
    rows: rows.map(([key, text]) => row(key, text)),
    'as-of': [['as-of', h('span', {}, String(asked++))]],
  }));
  return {
    client,
    set: (...next: readonly Row[]) => {
      rows = next;
    },
  };
}

function fakeClient() {
  const listeners = new Map<string, () => void>();
  const client = {
    written: [] as string[],
    full: false,
    ended: false,
    destroyed: false,
    write(chunk: string) {
      client.written.push(chunk);
      return !client.full;
    },
    end() {
      client.ended = true;
    },
    destroy() {
      client.destroyed = true;
    },
    on: (event: string, listener: () => void) => void listeners.set(event, listener),
    emit: (event: string) => listeners.get(event)?.(),
    lists: () =>
      client.written.slice(1).map((chunk) => JSON.parse(chunk.slice('event: lists\ndata: '.length))),
  };
  return client;
}
