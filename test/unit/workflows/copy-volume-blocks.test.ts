import { createHash } from 'node:crypto';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type BlockCopy,
  type Copied,
  checksumOf,
  copyBlocks,
  filledRanges,
} from '../../../lib/workflows/copy/copy-volume-blocks.ts';
import type { StepProgress } from '../../../lib/workflows/progress.ts';

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'copy-blocks-'));
});
afterAll(() => rm(directory, { recursive: true }));

// Pieces of 4 KiB, many of them zeros.
const contents = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.constantFrom(0, 0, 1, 255)), { maxLength: 8 })
  .map((runs) => Buffer.concat(runs.map(([pages, fill]) => Buffer.alloc(pages * 4096, fill))));

interface Tried extends Copied {
  readonly written: Buffer;
  readonly progress: readonly StepProgress[];
}

async function copied(
  bytes: Buffer,
  options: Partial<BlockCopy>,
  signal = new AbortController().signal,
): Promise<Tried> {
  const [source, target] = [join(directory, 'from'), join(directory, 'to')];
  await writeFile(source, bytes);
  const [from, to] = [await open(source, 'r'), await open(target, 'w+')];
  const progress: StepProgress[] = [];
  try {
    const result = await copyBlocks(
      {
        ...{ from: from.fd, to: to.fd, size: bytes.length, blockSize: 16_384 },
        ...{ sparse: true, checksum: 'sha256', bytesPerSecond: null, ...options },
      },
      { signal, progress: (one) => progress.push(one) },
    );
    return { ...result, written: await readFile(target), progress };
  } finally {
    await Promise.all([from.close(), to.close()]);
  }
}

describe('a block copy', () => {
  it('is the same, whatever the size of its blocks, with holes or without; its checksum is that of all', async () => {
    const blockSize = fc.constantFrom(4096, 12_288, 65_536, 1 << 20);
    await fc.assert(
      fc.asyncProperty(contents, blockSize, fc.boolean(), async (bytes, size, sparse) => {
        const { written, holes, checksum, bytes: count } = await copied(bytes, { blockSize: size, sparse });
        expect(written.equals(bytes)).toBe(true);
        expect(checksum).toBe(createHash('sha256').update(bytes).digest('hex'));
        expect(count).toBe(bytes.length);
        expect(holes).toBeLessThanOrEqual(sparse ? bytes.length : 0);
      }),
      { numRuns: 60 },
    );
  });

  it('tells how far it is, to the end', async () => {
    const { progress } = await copied(Buffer.alloc(100_000, 7), {});
    expect(progress.at(-1)).toMatchObject({ ratio: 1 });
  });

  it('ends when it is aborted, and when its source is shorter than it was said to be', async () => {
    await expect(copied(Buffer.alloc(50_000, 1), {}, AbortSignal.abort())).rejects.toMatchObject({
      code: 'ABORT_ERR',
    });
    await expect(copied(Buffer.alloc(50_000, 1), { size: 60_000 })).rejects.toThrow(/ends after 50000/);
  });

  it('is read again for its checksum', async () => {
    const path = join(directory, 'again');
    const bytes = Buffer.alloc(123_456, 9);
    await writeFile(path, bytes);
    const file = await open(path, 'r');
    const follow = { signal: new AbortController().signal, progress: () => {} };
    const whole = { from: file.fd, size: bytes.length, blockSize: 8192, checksum: 'sha512' };
    expect(await checksumOf(whole, follow)).toBe(createHash('sha512').update(bytes).digest('hex'));
    await file.close();
  });
});

it('what is not zero in a block is in its filled ranges, which are apart and in order', () => {
  fc.assert(
    fc.property(contents, (bytes) => {
      const ranges = filledRanges(bytes);
      let end = -1;
      const covered = Buffer.alloc(bytes.length);
      for (const [from, to] of ranges) {
        expect(from).toBeGreaterThan(end);
        expect(bytes.subarray(from, to).some((byte) => byte !== 0)).toBe(true);
        bytes.copy(covered, from, from, to);
        end = to;
      }
      expect(covered.equals(bytes)).toBe(true);
    }),
  );
});
