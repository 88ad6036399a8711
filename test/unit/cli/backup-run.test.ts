import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type Backup, planBackup, runBackup } from '../../../lib/cli/backup-run.ts';
import { leftBy, WorkflowError, type WorkflowReason, withLeft } from '../../../lib/workflows/errors.ts';
import type { Plan } from '../../../lib/workflows/plan.ts';
import type { Tools } from '../../../lib/workflows/tools.ts';

const tools = {} as Tools;
const plan: Plan = {
  ...{ workflow: 'withSnapshot', subject: 'vg/o', summary: 'Take a snapshot', warnings: ['w'], changes: [] },
  steps: ['take-1', 'use'].map((name) => ({ name, title: name, commands: [], when: null })),
};
const inner: Plan = {
  ...{ workflow: 'copyVolume', subject: 'vg/o', summary: 'Copy', warnings: ['x is larger'] },
  ...{ changes: ['/dev/x is overwritten.'] },
  steps: [{ name: 'copy', title: 'Copy', commands: [], when: null }],
};
// What the copy comes to, what goes wrong after it, and what it was given.
const script: { copy: () => unknown; after: Error | null; given: { expected?: Plan; source?: string }[] } = {
  ...{ copy: () => ({}), after: null, given: [] },
};
beforeEach(() => Object.assign(script, { copy: () => ({}), after: null, given: [] }));

vi.mock('../../../lib/workflows/snapshot/with-snapshot.ts', () => ({
  planWithSnapshot: async () => plan,
  withSnapshot: async (_: Tools, options: object, callback: (...all: unknown[]) => Promise<unknown>) => {
    script.given.push(options);
    const value = await callback([{ name: 'vg/o_snap' }], new AbortController().signal).catch((cause) => {
      // As runSteps does.
      throw withLeft(failure('failed', 'use', cause), leftBy(cause));
    });
    if (script.after !== null) throw script.after;
    return { value };
  },
}));
vi.mock('../../../lib/workflows/copy/copy-volume.ts', () => ({
  planFutureCopy: async () => inner,
  copyVolume: async (_: Tools, options: object) => {
    script.given.push(options);
    return script.copy();
  },
}));

function failure(reason: WorkflowReason, step: string, cause?: unknown): WorkflowError {
  return new WorkflowError({ workflow: 'withSnapshot', reason, message: 'it went wrong', step, cause });
}

const backup: Backup = { volume: 'vg/o', copy: { to: '/dev/x' }, by: 'snapshot', size: undefined };
const ended = (): Promise<unknown> => runBackup(tools, backup, {}).catch((error: unknown) => error);

describe('a backup that failed', () => {
  it('names what is left of the copy, once', async () => {
    const left = [{ state: '/dev/x is overwritten in part', next: 'Copy again.' }];
    script.copy = () => {
      throw withLeft(failure('aborted', 'copy'), left);
    };
    const error = await ended();
    expect(error).toMatchObject({ left, step: 'use', cause: expect.any(WorkflowError) });
    expect(String(error)).toMatch(
      /at the step "use": it went wrong\. \/dev\/x is overwritten in part\. Copy again\.$/,
    );
  });

  it.each([
    ['failed', /what went wrong came after it/],
    ['overflowed', /Throw it away/],
  ] as const)('after the copy was whole says that it is there (%s)', async (reason, next) => {
    script.after = failure(reason, 'merge');
    expect(await ended()).toMatchObject({
      left: [
        {
          state: expect.stringContaining('/dev/x has the copy of vg/o now'),
          next: expect.stringMatching(next),
        },
      ],
    });
  });

  it('before the copy names nothing, and what is no failure of a workflow stays what it is', async () => {
    script.copy = () => {
      throw failure('not-enough-space', 'copy');
    };
    expect(await ended()).toMatchObject({
      left: [],
      message: expect.stringMatching(/All is as it was before/),
    });
    script.copy = () => ({});
    script.after = new TypeError('so it is');
    expect(await ended()).toBe(script.after);
  });
});

describe('the plan of a backup', () => {
  it('shows what the copy warns of and changes, in the place where it is done', async () => {
    const { shown } = await planBackup(tools, backup, {});
    expect(shown).toMatchObject({ warnings: ['w', 'x is larger'], changes: ['/dev/x is overwritten.'] });
    expect(shown.steps.map(({ name }) => name)).toEqual(['take-1', 'copy']);
  });

  it('that was approved binds both: what is around the copy, and the copy of what is taken', async () => {
    await runBackup(tools, backup, {}, await planBackup(tools, backup, {}));
    expect(script.given.map(({ expected }) => expected)).toEqual([plan, { ...inner, subject: 'vg/o_snap' }]);
    script.given = [];
    await runBackup(tools, backup, {});
    expect(script.given.map(({ expected }) => expected)).toEqual([undefined, undefined]);
  });
});

it('what is left is named once', () => {
  const left = [{ state: 'a', next: 'b' }];
  const error = withLeft(failure('failed', 'use'), left);
  expect([error.left, withLeft(error, left)]).toEqual([left, error]);
});
