import { describe, expect, it } from 'vitest';
import { WorkflowError } from '../../../lib/workflows/errors.ts';
import { toSettings } from '../../../lib/workflows/snapshot/with-snapshot-options.ts';
import type { Taken } from '../../../lib/workflows/snapshot/with-snapshot-take.ts';
import { performUse } from '../../../lib/workflows/snapshot/with-snapshot-use.ts';
import type { Tools } from '../../../lib/workflows/tools.ts';

const inner = new WorkflowError({
  ...{ workflow: 'copyVolume', reason: 'aborted', message: 'it was aborted', step: 'copy' },
  left: [{ state: '/dev/sdd is overwritten in part', next: 'Call again.' }],
});

/** Uses a snapshot whose store is like this when the callback has ended, which fails with {@link inner}. */
async function used(
  state: 'ok' | 'invalid' | 'unknown',
  end: (stop: AbortController) => void,
): Promise<unknown> {
  let asked = 0;
  const fill = { used: 0, total: 8 };
  const status = async () => {
    asked += 1;
    if (asked > 1 && state === 'unknown') throw new Error('no answer');
    return {
      error: null,
      segments: [{ status: { type: 'snapshot', state: asked > 1 ? state : 'ok', fill } }],
    };
  };
  const monitor = () => ({ ready: Promise.resolve(), on: () => {}, close: () => {} });
  const tools = { dm: { status, monitor } } as unknown as Tools;
  const taking = { name: 'vg/s', device: '/dev/mapper/vg-s', mount: { filesystem: null }, store: null };
  const taken = [{ taking, takenAt: new Date(0), uuid: 'u', directory: null }] as unknown as readonly Taken[];
  const stop = new AbortController();
  const context = { signal: stop.signal, progress: () => {}, warn: () => {} };
  const call = performUse(
    tools,
    toSettings({ volumes: 'vg/lv' }),
    taken,
    () => {
      end(stop);
      throw inner;
    },
    context,
  );
  return call.catch((error: unknown) => error);
}

describe('what the callback failed with', () => {
  it('is what the use of the snapshots fails with', async () => {
    expect(await used('ok', () => {})).toBe(inner);
    expect(await used('unknown', () => {})).toBe(inner);
  });

  it('is the cause when it was aborted, and when a snapshot is lost', async () => {
    const aborted = await used('ok', (stop) => stop.abort(new Error('enough')));
    expect(aborted).toMatchObject({ name: 'AbortError', code: 'ABORT_ERR', cause: inner });
    const lost = await used('invalid', () => {});
    expect(lost).toMatchObject({ reason: 'overflowed', cause: inner });
  });
});
