import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { DeviceStatus } from '../../../lib/device.ts';
import { Lvm } from '../../../lib/lvm/index.ts';
import type { GroupState } from '../../../lib/lvm/state.ts';
import {
  type RepairEvent,
  type Tools,
  type WatchAndRepairOptions,
  watchAndRepair,
} from '../../../lib/workflows/index.ts';
import { inTurn, nextRepair } from '../../../lib/workflows/replace/watch-and-repair-spare.ts';
import { groupOf, kernelMirror, mirrorOf, raidOf, uuidOf } from './replace-group.ts';

vi.mock('../../../lib/workflows/system/lock.ts', () => ({
  lockSubject: async () => ({ release: async () => {} }),
}));

const raid = raidOf('r', 'raid1', 10, ['a', 'b']);
const well = groupOf({ a: 100, b: 100, c: 100 }, raid);
const degraded = groupOf({ a: 100, b: 100, c: 100 }, raid, ['a']);

interface Script extends Partial<WatchAndRepairOptions> {
  readonly statuses?: readonly DeviceStatus[];
}

// A watch over reports that are given in turn, the last one for ever; what it tells, and how often it looked.
function watching(reports: readonly (GroupState | Error)[], { statuses = [], ...more }: Script = {}) {
  let looks = 0;
  let fail = (_: Error): void => {};
  const fullreport = async () => {
    const report = reports[Math.min(looks++, reports.length - 1)];
    if (report === undefined || report instanceof Error) throw report;
    return { groups: [report], orphans: [] };
  };
  const ended = new Promise((_, reject) => {
    fail = reject;
  });
  const monitor = { ready: Promise.resolve(), on: () => () => {}, until: () => ended, close: () => {} };
  const dm = { monitor: () => monitor, status: async () => statuses };
  const lvm = Lvm.open();
  const change = Object.assign(
    vi.fn(async () => ({})),
    { argvIn: lvm.lvchange.change.argvIn },
  );
  const tools = { dm, lvm: { ...lvm, fullreport, lvchange: { change } } } as unknown as Tools;
  const events: RepairEvent[] = [];
  const options = { vg: 'vg', spares: ['/dev/sdc'], settle: 1, interval: 20, veto: () => true, ...more };
  const watch = watchAndRepair(tools, options);
  onTestFinished(() => watch.close());
  watch.on((event) => void events.push(event));
  return {
    ...{ watch, change },
    fail: (error: Error) => fail(error),
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

  it('takes off the note of a mirror that is filled, which is no repair: nobody is asked or told', async () => {
    const tag = `devmapper.filling:${uuidOf('a')}`;
    const disks = { a: 100, b: 100, c: 100 };
    const noted = groupOf(disks, mirrorOf('m', 10, ['a', 'b'], null, { lv_tags: tag }));
    const filled = groupOf(disks, mirrorOf('m', 10, ['a', 'b'], null));
    const veto = vi.fn(() => true);
    // Two looks at the plan, and one at what came of it.
    const reports = [noted, noted, filled];
    const { change, kinds, looked } = watching(reports, {
      ...{ veto, statuses: [kernelMirror(noted, 'm', 'AA', 20, 20)] },
    });
    await looked(8);
    expect(change.mock.calls).toEqual([['vg/m', expect.objectContaining({ deleteTags: [tag] })]]);
    expect(kinds()).toEqual([]);
    expect(veto).not.toHaveBeenCalled();
  });

  it('ends with an error if devices can no longer be watched', async () => {
    const { watch, fail, looked } = watching([well], { interval: 600_000 });
    await looked(1);
    fail(new Error('no more events'));
    await expect(watch.done).rejects.toThrow('no more events');
  });

  it('that is closed while a veto is asked for tells of none', async () => {
    const veto = vi.fn(() => new Promise<boolean>(() => {}));
    const { watch, kinds } = watching([degraded], { veto });
    await vi.waitFor(() => expect(veto).toHaveBeenCalled());
    await watch.close();
    expect(kinds()).toEqual(['degraded']);
  });
});

describe('spares', () => {
  const next = (lost: GroupState, spares: readonly string[]) => {
    const dm = { monitor: () => {}, status: async () => [] };
    const fullreport = async () => ({ groups: [lost], orphans: [] });
    const tools = { dm, lvm: { ...Lvm.open(), fullreport } } as unknown as Tools;
    const group = { vg: 'vg', spares, wipeSignatures: false };
    return nextRepair(tools, group, new AbortController().signal);
  };
  const three = raidOf('r', 'raid1', 10, ['a', 'b', 'c']);
  const disks = { a: 20, b: 20, c: 20, d: 11, e: 11, f: 11 };

  it('are used one by one, but as many as it takes if one alone has no room for what was lost', async () => {
    const spares = ['/dev/sdd', '/dev/sde', '/dev/sdf'];
    const one = await next(groupOf(disks, three, ['a']), spares);
    expect(one).toMatchObject({ kind: 'repair', spares: ['/dev/sdd'] });
    const two = await next(groupOf(disks, three, ['a', 'b']), spares);
    expect(two).toMatchObject({ kind: 'repair', spares: ['/dev/sdd', '/dev/sde'] });
  });

  it('that may not be used at all are not among these', async () => {
    const lost = groupOf({ ...disks, e: 5 }, three, ['a', 'b']);
    const two = await next(lost, ['/dev/none', '/dev/sdd', '/dev/sdf']);
    expect(two).toMatchObject({ kind: 'repair', spares: ['/dev/sdd', '/dev/sdf'] });
    const out = await next(lost, ['/dev/none', '/dev/sdd', '/dev/sde']);
    expect(out).toMatchObject({
      kind: 'out-of-spares',
      message: expect.stringMatching(/^\/dev\/none: .+\/dev\/sdd and \/dev\/sde together: /),
    });
  });

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
