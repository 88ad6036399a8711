import { setImmediate, setTimeout } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Format } from '../../../lib/exporter/encode.ts';
import type { FamilySamples } from '../../../lib/exporter/family.ts';
import { shareScrapes } from '../../../lib/exporter/shared-scrapes.ts';

/** A source that gathers when the test says so. */
function scripted() {
  const waiting: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];
  const deadlines: (number | undefined)[] = [];
  const written: Format[] = [];
  const shared = shareScrapes(
    {
      gather: (options) => {
        deadlines.push(options?.deadline);
        return new Promise<readonly FamilySamples[]>((resolve, reject) =>
          waiting.push({ resolve: () => resolve([]), reject }),
        );
      },
    },
    async (_, format) => {
      written.push(format);
      await setImmediate();
      return Buffer.from(format);
    },
  );
  return { shared, deadlines, written, waiting };
}

describe('scrapes of the same moment', () => {
  it('have one gathering, and one body of each format and coding', async () => {
    const { shared, deadlines, written, waiting } = scripted();
    const scrapes = Array.from({ length: 20 }, () => shared.join(5000));
    waiting[0]?.resolve();
    const bodies = await Promise.all(
      scrapes.map((each, index) => each.body(index % 2 === 0 ? 'text' : 'openmetrics', index % 4 < 2)),
    );
    expect(deadlines).toEqual([5000]);
    expect(written.sort()).toEqual(['openmetrics', 'text']);
    expect(new Set(bodies).size).toBe(4);
    expect(gunzipSync(bodies[0] ?? '').toString()).toBe('text');
    expect(bodies[2]?.toString()).toBe('text');
  });

  it('are those until the first body is made; the next one is gathered anew', async () => {
    const { shared, deadlines, waiting } = scripted();
    const first = shared.join(5000);
    waiting[0]?.resolve();
    await first.body('text', false);
    shared.join(5000);
    expect(deadlines).toHaveLength(2);
  });

  it('that all have gone leave nothing to those that come later', async () => {
    const { shared, deadlines, waiting } = scripted();
    await Promise.all([shared.join(5000).families, waiting[0]?.resolve()]);
    await setTimeout(5);
    shared.join(5000);
    expect(deadlines).toHaveLength(2);
  });

  it('share a failure, which the next one does not', async () => {
    const { shared, deadlines, waiting } = scripted();
    const scrapes = [shared.join(5000), shared.join(5000)];
    waiting[0]?.reject(new Error('broken'));
    for (const each of scrapes) await expect(each.body('text', true)).rejects.toThrow('broken');
    shared.join(5000);
    expect(deadlines).toHaveLength(2);
  });
});

describe('a scrape that may take less time', () => {
  it('waits for none that may take longer, but the longer one for it', () => {
    const { shared, deadlines } = scripted();
    shared.join(9000);
    shared.join(1000);
    shared.join(9000);
    expect(deadlines).toEqual([9000, 1000]);
  });

  it('waits for the first to end where there are four already', () => {
    const { shared, deadlines } = scripted();
    for (let deadline = 9000; deadline > 8950; deadline--) shared.join(deadline);
    expect(deadlines).toHaveLength(4);
  });

  it('is not made to wait by one that has not ended in its time', async () => {
    const { shared, deadlines } = scripted();
    shared.join(1);
    await setTimeout(5);
    shared.join(5000);
    expect(deadlines).toEqual([1, 5000]);
  });
});
