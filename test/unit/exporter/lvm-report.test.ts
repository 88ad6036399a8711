import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { keepReports } from '../../../lib/exporter/lvm-report.ts';
import type { LvmState } from '../../../lib/lvm/state.ts';

const report: LvmState = { groups: [], orphans: [] };

/** An lvm whose report comes when the test says so. */
function slowLvm() {
  const runs: { readonly resolve: (state: LvmState) => void; readonly reject: (error: Error) => void }[] = [];
  const asked: { signal?: AbortSignal | undefined; readonly?: boolean | undefined }[] = [];
  const fullreport = (options: (typeof asked)[number] = {}): Promise<LvmState> =>
    new Promise((resolve, reject) => {
      asked.push(options);
      runs.push({ resolve, reject });
    });
  return { lvm: { fullreport }, runs, asked };
}

describe('a report of lvm', () => {
  it('is never waited for, made once at a time, and kept', async () => {
    const { lvm, runs, asked } = slowLvm();
    const keeper = keepReports(lvm, 60_000);
    onTestFinished(() => keeper.close());
    expect(keeper.newest()).toBeUndefined();
    await turn();
    expect(keeper.newest()).toBeUndefined();
    await turn();
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({ readonly: true });
    runs[0]?.resolve(report);
    await turn();
    expect(keeper.newest()).toMatchObject({ state: report, success: true });
    await turn();
    expect(asked).toHaveLength(1);
  });

  it('is made anew when it is too old', async () => {
    const { lvm, runs, asked } = slowLvm();
    const keeper = keepReports(lvm, 1);
    onTestFinished(() => keeper.close());
    keeper.newest();
    await turn();
    runs[0]?.resolve(report);
    await new Promise((resolve) => setTimeout(resolve, 20));
    keeper.newest();
    await turn();
    expect(asked).toHaveLength(2);
  });

  it('that fails leaves the last one, and says that it failed', async () => {
    const { lvm, runs } = slowLvm();
    const keeper = keepReports(lvm, 1);
    onTestFinished(() => keeper.close());
    keeper.newest();
    await turn();
    runs[0]?.resolve(report);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const before = keeper.newest();
    await turn();
    runs[1]?.reject(new Error('no lvm'));
    await turn();
    expect(keeper.newest()).toMatchObject({ state: report, madeAt: before?.madeAt, success: false });
  });

  it('that is under way is ended with its keeper', async () => {
    const { lvm, asked } = slowLvm();
    const keeper = keepReports(lvm, 1);
    keeper.newest();
    await turn();
    keeper.close();
    expect(asked[0]?.signal?.aborted).toBe(true);
    keeper.newest();
    await turn();
    expect(asked).toHaveLength(1);
  });
});
