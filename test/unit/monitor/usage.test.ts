import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type UsageChange, usagesOf, usageWatcher } from '../../../lib/monitor/usage.ts';
import { decode } from '../../../lib/targets/index.ts';

const options = { thresholds: [0.95, 0.8, 0.9], hysteresis: 0.02 };

function follow(ratios: readonly number[], given = options): readonly UsageChange[] {
  let watcher = usageWatcher(given);
  return ratios.flatMap((ratio) => {
    const { state, changes } = watcher.next({ ratio });
    watcher = state;
    return changes;
  });
}

describe('a usage watcher', () => {
  it('tells of a threshold that is reached, and of one that was left by more than the hysteresis', () => {
    expect(follow([0.1, 0.79, 0.8, 0.85, 0.79, 0.781, 0.779])).toEqual([
      { kind: 'usage-above', threshold: 0.8, ratio: 0.8 },
      { kind: 'usage-below', threshold: 0.8, ratio: 0.779 },
    ]);
  });

  it('tells of several thresholds crossed at once one by one, in the order in which they were crossed', () => {
    const found = follow([0.5, 0.99, 0.1]).map(({ kind, threshold }) => `${kind} ${threshold}`);
    expect(found).toEqual([
      'usage-above 0.8',
      'usage-above 0.9',
      'usage-above 0.95',
      'usage-below 0.95',
      'usage-below 0.9',
      'usage-below 0.8',
    ]);
  });

  it('tells once of what is above a threshold when it is first seen', () => {
    expect(follow([0.85, 0.85, 0.86])).toEqual([{ kind: 'usage-above', threshold: 0.8, ratio: 0.85 }]);
  });

  it('can leave a threshold that is lower than the hysteresis, when nothing is used', () => {
    const low = { thresholds: [0.01], hysteresis: 0.02 };
    expect(follow([0.05, 0.001, 0], low).map(({ kind }) => kind)).toEqual(['usage-above', 'usage-below']);
  });

  it('is a value: asking twice gives the same', () => {
    const { state } = usageWatcher(options).next({ ratio: 0.85 });
    expect(state.next({ ratio: 0.5 }).changes).toHaveLength(1);
    expect(state.next({ ratio: 0.5 }).changes).toHaveLength(1);
  });

  it('takes no notice of what is no ratio', () => {
    expect(follow([Number.NaN, 0.85, Number.NaN])).toHaveLength(1);
  });

  const ratio = fc.oneof(fc.double({ min: 0, max: 1.1, noNaN: true }), fc.constantFrom(0, 0.8, 0.78, 0.9, 1));
  const given = fc.record({
    thresholds: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 }),
    hysteresis: fc.double({ min: 0, max: 0.5, noNaN: true }),
  });

  it('goes above and below in turns, for each threshold, and starts with above', () => {
    fc.assert(
      fc.property(fc.array(ratio), given, (ratios, limits) => {
        const found = follow(ratios, limits);
        for (const threshold of limits.thresholds) {
          const turns = found.filter((change) => change.threshold === threshold).map(({ kind }) => kind);
          expect(turns).toEqual(turns.map((_, index) => (index % 2 === 0 ? 'usage-above' : 'usage-below')));
        }
      }),
    );
  });

  it('is, at the end, above exactly what the ratio has reached and not left since', () => {
    fc.assert(
      fc.property(fc.array(ratio, { minLength: 1 }), given, (ratios, limits) => {
        const found = follow(ratios, limits);
        const last = ratios.at(-1) ?? 0;
        for (const threshold of limits.thresholds) {
          const isAbove = found.findLast((change) => change.threshold === threshold)?.kind === 'usage-above';
          if (last >= threshold) expect(isAbove).toBe(true);
          if (last < threshold - limits.hysteresis) expect(isAbove).toBe(false);
        }
      }),
    );
  });

  it('does not flap within the band of the hysteresis', () => {
    const within = fc.double({ min: 0.7801, max: 0.8999, noNaN: true });
    fc.assert(
      fc.property(fc.array(within), (ratios) => {
        expect(follow([0.85, ...ratios])).toHaveLength(1);
      }),
    );
  });
});

describe('the usages worth a warning', () => {
  const usages = (target: string, params: string): readonly string[] =>
    usagesOf(decode(target, params)).map(({ kind, usage }) => `${kind} ${usage.percent}`);

  it('are a snapshot, and the data and metadata of a pool', () => {
    expect(usages('snapshot', '512/1024 16')).toEqual(['snapshot 50.00']);
    const pool = '1 256/1024 64/128 - rw discard_passdown queue_if_no_space - 256';
    expect(usages('thin-pool', pool)).toEqual(['data 50.00', 'metadata 25.00']);
    expect(usages('vdo', '/dev/sda normal - online online 1 4')).toEqual(['data 25.00']);
    expect(usages('era', '8 512/1024 7 -')).toEqual(['metadata 50.00']);
  });

  it('are not a cache that is full, which is nothing bad', () => {
    const cache = '8 256/1024 128 100/100 0 0 0 0 0 0 0 1 writeback 2 migration_threshold 2048 smq 0 rw -';
    expect(usages('cache', cache)).toEqual(['metadata 25.00']);
    expect(usages('writecache', '0 100 0 0')).toEqual([]);
    expect(usages('thin', '1000 999')).toEqual([]);
  });

  it('are none where nothing is told', () => {
    expect(usages('snapshot', 'Invalid')).toEqual([]);
    expect(usages('thin-pool', 'Fail')).toEqual([]);
    expect(usages('linear', '')).toEqual([]);
  });
});
