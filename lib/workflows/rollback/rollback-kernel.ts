import { DmError } from '../../errors.ts';
import { Refusal } from '../errors.ts';
import { usersOf } from '../system/users.ts';
import type { Tools } from '../tools.ts';
import type { Pair } from './rollback-pairs.ts';

/** What the kernel says of a snapshot and its origin. */
export interface Sight {
  /** Whether the kernel merges: the origin reads as the snapshot from then on. */
  readonly merging: boolean;
  /** Whether the snapshot, or its merge, can come to nothing, as its store was full or failed. */
  readonly invalid: boolean;
  /** Whether a write failed while it was merged, so that the merge has stopped. */
  readonly failed: boolean;
  /** Who uses them, in words with their names; empty if nobody does. */
  readonly users: readonly string[];
}

/** Looks at a snapshot and its origin. Rejects with a `DmError` if the kernel cannot be asked. */
export async function sightOf(
  { dm }: Tools,
  { origin, snapshot }: Pair,
  signal?: AbortSignal,
): Promise<Sight> {
  const [over, under] = [await lookAt(dm, origin, signal), await lookAt(dm, snapshot, signal)];
  const merging = over.segments.some(({ status }) => status.type === 'snapshot-merge');
  const carrier = merging ? over.segments : under.segments;
  const states = carrier.map(({ status }) =>
    status.type === 'snapshot' || status.type === 'snapshot-merge' ? status.state : 'ok',
  );
  return {
    merging,
    invalid: states.some((state) => state === 'invalid' || state === 'overflow'),
    failed: states.includes('merge-failed'),
    users: [...(await usersText(origin, over)), ...(await usersText(snapshot, under))],
  };
}

/** The {@link Refusal} of a snapshot or origin that is used, with what can be done. */
export function inUse({ origin, snapshot }: Pair, users: readonly string[]): Refusal {
  const isRoot = users.some((text) => text.endsWith(' is mounted on /'));
  return new Refusal(
    'in-use',
    `${snapshot} cannot be merged into ${origin} now: ${users.join('; ')}`,
    isRoot
      ? "Have it merged at the next boot: whenOpen 'defer'."
      : "Unmount or close it, give an unmount callback, or have it merged at the next activation: whenOpen 'defer'.",
  );
}

interface Looked {
  readonly name: string;
  readonly openCount: number;
  readonly segments: Awaited<ReturnType<Tools['dm']['status']>>['segments'];
}

async function lookAt(dm: Tools['dm'], volume: string, signal: AbortSignal | undefined): Promise<Looked> {
  try {
    const status = await dm.status(volume, { signal });
    if (status.error !== null) throw status.error;
    return status;
  } catch (error) {
    if (error instanceof DmError && error.reason === 'no-device')
      return { name: '', openCount: 0, segments: [] };
    throw error;
  }
}

async function usersText(volume: string, { name, openCount }: Looked): Promise<readonly string[]> {
  if (openCount === 0) return [];
  const users = await usersOf(`/dev/mapper/${name}`, openCount).catch(() => []);
  return users.length === 0 ? [`${volume} is open`] : users.map(({ text }) => `${volume} ${text}`);
}
