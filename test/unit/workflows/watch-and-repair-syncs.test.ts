import { describe, expect, it } from 'vitest';
import type { Done } from '../../../lib/workflows/plan.ts';
import type { ReplaceResult } from '../../../lib/workflows/replace/replace-result.ts';
import { syncsOf } from '../../../lib/workflows/replace/watch-and-repair-syncs.ts';
import type { Tools } from '../../../lib/workflows/tools.ts';
import { groupOf, kernelOf, raidOf } from './replace-group.ts';

const letters = ['p', 'q'] as const;
const group = groupOf(
  { a: 100, b: 100 },
  letters.flatMap((name) => raidOf(name, 'raid1', 10, ['a', 'b'])),
);
const volumes = letters.map((name) => `vg/${name}`);
const repairOf = (...repaired: readonly string[]) => ({ repaired }) as unknown as Done<ReplaceResult>;

// Syncs of volumes of which the kernel says these words; a wait for its event ends by the signal only.
function syncing(words: Readonly<Record<string, string>>) {
  const looked: string[] = [];
  const dm = {
    status: async ({ name }: { readonly name: string }) => {
      looked.push(name);
      return kernelOf(group, name.slice(3), 'raid', `raid1 2 ${words[name.slice(3)]} 0 0 -`);
    },
    waitFor: (_: unknown, __: unknown, { signal }: { readonly signal: AbortSignal }) =>
      new Promise((_resolve, reject) => {
        if (signal.aborted) reject(signal.reason);
        signal.addEventListener('abort', () => reject(signal.reason));
      }),
  };
  const lvm = { fullreport: async () => ({ groups: [group], orphans: [] }) };
  let told = 0;
  const syncs = syncsOf({ dm, lvm } as unknown as Tools, () => void told++);
  const until = async (count: number): Promise<void> => {
    while (told < count) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  return { syncs, looked, until };
}

const done = 'AA 20480/20480 idle';
const behind = 'Aa 100/20480 recover';
const broken = 'AD 100/20480 idle';

describe('what the kernel gets in sync after a repair', () => {
  it('is told once, when all of it is', async () => {
    const { syncs, until } = syncing({ p: done, q: done });
    const result = repairOf(...volumes);
    syncs.follow(result);
    expect(syncs.ended()).toEqual([]);
    await until(1);
    expect(syncs.ended()).toEqual([{ kind: 'repaired', at: expect.any(Number), result }]);
    expect(syncs.ended()).toEqual([]);
  });

  it('is told as failed if it never will be; the others are waited for all the same', async () => {
    const { syncs, looked, until } = syncing({ p: broken, q: done });
    syncs.follow(repairOf(...volumes));
    await until(1);
    expect(syncs.ended()).toMatchObject([{ kind: 'failed', error: { reason: 'failed' } }]);
    expect(looked).toContain('vg-q');
  });

  it('holds up no other repair, and is not told when the watch ends', async () => {
    const { syncs, until } = syncing({ p: behind, q: done });
    syncs.follow(repairOf('vg/p'));
    syncs.follow(repairOf('vg/q'));
    await until(1);
    expect(syncs.ended()).toMatchObject([{ kind: 'repaired', result: { repaired: ['vg/q'] } }]);
    await syncs.end();
    expect(syncs.ended()).toEqual([]);
  });
});
