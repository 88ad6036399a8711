import { createHash, type Hash } from 'node:crypto';
import { fsync, ftruncate, read, write } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { abortError } from '../../abort.ts';
import { forecast, type Observation, observe } from '../../monitor/forecast.ts';
import type { StepContext } from '../step.ts';

/** A copy from one open file to another, from the beginning of both. */
export interface BlockCopy {
  /** Descriptors. */
  readonly from: number;
  readonly to: number;
  /** Bytes. */
  readonly size: number;
  readonly blockSize: number;
  /** Whether zeros are left out: the target has to be an empty file. */
  readonly sparse: boolean;
  /** Name of a checksum for `node:crypto`; false: none. */
  readonly checksum: string | false;
  /** Null: as fast as it goes. */
  readonly bytesPerSecond: number | null;
}

/** What was copied. */
export interface Copied {
  readonly bytes: number;
  /** Bytes of zeros that were left out. */
  readonly holes: number;
  /** In lower-case hexadecimal digits. */
  readonly checksum: string | null;
}

/**
 * Copies block by block, reading one while the one before is written, and brings it to the disk (fsync). Rejects with the
 * error of a read or write, with an Error if the source ends early, or with an `AbortError`.
 */
export async function copyBlocks(
  { from, to, size, blockSize, sparse, checksum, bytesPerSecond }: BlockCopy,
  { signal, progress }: Pick<StepContext, 'signal' | 'progress'>,
): Promise<Copied> {
  const hash = checksum === false ? null : createHash(checksum);
  const begun = performance.now();
  const report = reporter(size, progress);
  const buffers = [Buffer.alloc(Math.min(blockSize, size)), Buffer.alloc(Math.min(blockSize, size))];
  let holes = 0;
  const fetch = (position: number): Promise<Buffer> => {
    const buffer = buffers[(position / blockSize) % 2] ?? Buffer.alloc(0);
    return readFully(from, buffer.subarray(0, Math.min(blockSize, size - position)), position);
  };
  let next: Promise<Buffer> | null = size > 0 ? fetch(0) : null;
  for (let position = 0; next !== null; ) {
    const block = await next;
    const end: number = position + block.length;
    const ahead: Promise<Buffer> | null = end < size ? fetch(end) : null;
    // If this block fails, nobody waits for the next.
    ahead?.catch(() => {});
    if (signal.aborted) throw abortError(signal);
    hash?.update(block);
    holes += await store(to, block, position, sparse);
    report(end);
    if (bytesPerSecond !== null) await wait(begun + (end / bytesPerSecond) * 1000, signal);
    position = end;
    next = ahead;
  }
  if (sparse) await promisify(ftruncate)(to, size);
  await promisify(fsync)(to);
  return { bytes: size, holes, checksum: digest(hash) };
}

/** The checksum of so many bytes of an open file. Rejects as {@link copyBlocks} does. */
export async function checksumOf(
  {
    from,
    size,
    blockSize,
    checksum,
  }: Pick<BlockCopy, 'from' | 'size' | 'blockSize'> & { readonly checksum: string },
  { signal, progress }: Pick<StepContext, 'signal' | 'progress'>,
): Promise<string> {
  const hash = createHash(checksum);
  const report = reporter(size, progress);
  const buffer = Buffer.alloc(Math.min(blockSize, size));
  for (let position = 0; position < size; position += blockSize) {
    if (signal.aborted) throw abortError(signal);
    const block = buffer.subarray(0, Math.min(blockSize, size - position));
    hash.update(await readFully(from, block, position));
    report(position + block.length);
  }
  return hash.digest('hex');
}

/** Where a block has something else than zeros, by pieces of 64 KiB: from, to, in bytes. */
export function filledRanges(block: Buffer): readonly (readonly [number, number])[] {
  const ranges: [number, number][] = [];
  for (let start = 0; start < block.length; start += zeros.length) {
    const end = Math.min(start + zeros.length, block.length);
    if (block.compare(zeros, 0, end - start, start, end) === 0) continue;
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === start) last[1] = end;
    else ranges.push([start, end]);
  }
  return ranges;
}

const zeros = Buffer.alloc(65_536);
const [readAt, writeAt] = [promisify(read), promisify(write)];

async function store(to: number, block: Buffer, position: number, sparse: boolean): Promise<number> {
  const ranges = sparse ? filledRanges(block) : [[0, block.length] as const];
  let holes = block.length;
  for (const [start, end] of ranges) {
    holes -= end - start;
    for (let done = start; done < end; )
      done += (await writeAt(to, block, done, end - done, position + done)).bytesWritten;
  }
  return holes;
}

async function readFully(from: number, block: Buffer, position: number): Promise<Buffer> {
  for (let done = 0; done < block.length; ) {
    const { bytesRead } = await readAt(from, block, done, block.length - done, position + done);
    if (bytesRead === 0) throw new Error(`it ends after ${position + done} bytes`);
    done += bytesRead;
  }
  return block;
}

async function wait(until: number, signal: AbortSignal): Promise<void> {
  const left = until - performance.now();
  if (left > 0)
    await sleep(left, undefined, { signal }).catch(() => {
      throw abortError(signal);
    });
}

// As often as a person sees it.
const reportEvery = 100;

function reporter(size: number, progress: StepContext['progress']): (done: number) => void {
  let window: readonly Observation[] = [];
  let told = Number.NEGATIVE_INFINITY;
  return (done) => {
    const at = performance.now();
    if (done < size && at - told < reportEvery) return;
    told = at;
    const ratio = done / size;
    window = observe(window, { at, ratio, total: size });
    const found = forecast(window);
    progress({
      ratio,
      bytesPerSecond: found === undefined ? null : found.rate * size,
      remaining: found === undefined ? null : found.etaSeconds * 1000,
    });
  };
}

function digest(hash: Hash | null): string | null {
  return hash === null ? null : hash.digest('hex');
}
