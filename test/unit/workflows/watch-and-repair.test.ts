import { describe, expect, it, onTestFinished } from 'vitest';
import { Lvm } from '../../../lib/lvm/index.ts';
import type { GroupState } from '../../../lib/lvm/state.ts';
import { type RepairEvent, type Tools, watchAndRepair } from '../../../lib/workflows/index.ts';
import { inTurn } from '../../../lib/workflows/replace/watch-and-repair-spare.ts';
import { groupOf, raidOf } from './replace-group.ts';

const raid = raidOf('r', 'raid1', 10, ['a', 'b']);
const well = groupOf({ a: 100, b: 100, c: 100 }, raid);
const degraded = groupOf({ a: 100, b: 100, c: 100 }, raid, ['a']);

// A watch over reports that are given in turn, the last one for ever; what it tells, and how often it looked.
function watching(reports: readonly (GroupState | Error)[]) {
  let looks = 0;
  const fullreport = async () => {
    const report = reports[Math.min(looks++, reports.length - 1)];
    if (report === undefined || report instanceof Error) throw report;
    return { groups: [report], orphans: [] };
  };
  const monitor = { ready: Promise.resolve(), on: () => () => {}, close: () => {} };
  const dm = { monitor: () => monitor, status: async () => [] };
  const tools = { dm, lvm: { ...Lvm.open(), fullreport } } as unknown as Tools;
  const events: RepairEvent[] = [];
  const options = { vg: 'vg', spares: ['/dev/sdc'], settle: 1, interval: 20, veto: () => true };
  const watch = watchAndRepair(tools, options);
  onTestFinished(() => watch.close());
  watch.on((event) => void events.push(event));
  return {
    kinds: () => events.map(({ kind }) => kind),
    looked: async (count: number): Promise<void> => {
      while (looks < count) await new Promise((resolve) => setTimeout(resolve, 5));
    },
  };
}

describe('a watch', () => {
  it('asks again soon if lvm could not be asked, and uses up no attempt', async () => {
    const { kinds, looked } = watching([new Error('one'), new Error('two'), well]);
    await looked(4);
    expect(kinds()).toEqual(['failed', 'failed']);
  });

  it('does nothing about a disk that was away for a moment', async () => {
    const { kinds, looked } = watching([degraded, degraded, well]);
    await looked(5);
    expect(kinds()).toEqual([]);
  });

  it('says once that there is no spare, and takes one at once when there is', async () => {
    const full = groupOf({ a: 11, b: 11 }, raid, ['a']);
    const { kinds, looked } = watching([...Array(9).fill(full), degraded]);
    await looked(20);
    expect(kinds()).toEqual(['degraded', 'out-of-spares', 'degraded', 'vetoed', 'rate-limited']);
  });
});

describe('spares', () => {
  it('are tried in order, and one that could not be taken after all others, so that each has its turn', () => {
    const spares = ['/dev/sdc', '/dev/sdd', '/dev/sde'];
    expect(inTurn(spares, [])).toEqual(spares);
    expect(inTurn(spares, ['/dev/sdc'])).toEqual(['/dev/sdd', '/dev/sde', '/dev/sdc']);
    expect(inTurn(spares, ['/dev/sde', '/dev/sdc'])).toEqual(['/dev/sdd', '/dev/sde', '/dev/sdc']);
    expect(inTurn(spares, ['/dev/sdd', '/dev/sde', '/dev/sdc'])).toEqual([
      '/dev/sdd',
      '/dev/sde',
      '/dev/sdc',
    ]);
  });
});
