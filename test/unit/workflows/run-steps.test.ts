import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSheltered } from '../../../lib/shelter.ts';
import { Refusal, WorkflowError } from '../../../lib/workflows/errors.ts';
import type { Plan } from '../../../lib/workflows/plan.ts';
import type { WorkflowProgress } from '../../../lib/workflows/progress.ts';
import { runSteps } from '../../../lib/workflows/run-steps.ts';
import type { Step } from '../../../lib/workflows/step.ts';

const plan: Plan = {
  workflow: 'rollback',
  subject: 'vg/lv',
  summary: 'Roll back vg/lv',
  changes: [],
  warnings: [],
  steps: [],
};

// A step that notes in `log` whatever is done with it.
function noting(log: string[], name: string, more: Partial<Step> = {}): Step {
  return {
    name,
    title: `Do ${name}`,
    perform: async () => {
      log.push(name);
    },
    ...more,
  };
}

function cleanup(log: string[], name: string): NonNullable<Step['undo']> {
  return {
    title: `Take back ${name}`,
    perform: async () => {
      log.push(name);
      return `${name} done`;
    },
  };
}

async function failureOf(promise: Promise<unknown>): Promise<WorkflowError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof WorkflowError) return error;
  throw new Error('it did not fail with a WorkflowError', { cause: error });
}

const fails = async (): Promise<void> => {
  throw new Error('the disk is on fire');
};

describe('a workflow', () => {
  it('performs its steps in order, then releases what was for their time only, the last first', async () => {
    const log: string[] = [];
    const steps = [
      noting(log, 'one', { release: cleanup(log, '-one'), undo: cleanup(log, 'never') }),
      noting(log, 'two', { release: cleanup(log, '-two') }),
      noting(log, 'three'),
    ];
    await expect(runSteps({ plan, steps })).resolves.toEqual([]);
    expect(log).toEqual(['one', 'two', 'three', '-two', '-one']);
  });

  it('takes back what was begun when a step fails, that step first, and leaves alone what was not begun', async () => {
    const log: string[] = [];
    const steps = [
      noting(log, 'one', { undo: cleanup(log, 'undo one') }),
      noting(log, 'two', {
        perform: fails,
        undo: cleanup(log, 'undo two'),
        release: cleanup(log, 'release two'),
      }),
      noting(log, 'three', { undo: cleanup(log, 'undo three') }),
    ];
    const error = await failureOf(runSteps({ plan, steps }));
    expect(log).toEqual(['one', 'release two', 'undo two', 'undo one']);
    expect(error).toMatchObject({
      reason: 'failed',
      code: 'ERR_WORKFLOW_FAILED',
      step: 'two',
      undone: ['release two done', 'undo two done', 'undo one done'],
      left: [],
      message: expect.stringContaining('All is as it was before.'),
    });
    expect(error.cause).toMatchObject({ message: 'the disk is on fire' });
  });

  it('says of each step that cannot be taken back what is left, and what to do', async () => {
    const left = { state: 'vg/lv goes on syncing', next: 'Wait for it' };
    const steps = [noting([], 'one', { left: () => left }), noting([], 'two', { perform: fails })];
    const error = await failureOf(runSteps({ plan, steps }));
    expect(error.left).toEqual([left]);
    expect(error.message).toBe(
      'rollback, at the step "two": the disk is on fire. vg/lv goes on syncing. Wait for it.',
    );
  });

  it('goes on taking back when that fails at one step, and tells of it', async () => {
    const log: string[] = [];
    const broken = { title: 'Unmount it', perform: () => Promise.reject(new Error('target is busy')) };
    const steps = [
      noting(log, 'one', { undo: cleanup(log, 'undo one') }),
      noting(log, 'two', { undo: broken, left: () => ({ state: 'it is mounted', next: 'Unmount it' }) }),
      noting(log, 'three', { perform: fails }),
    ];
    const { left } = await failureOf(runSteps({ plan, steps }));
    expect(log).toEqual(['one', 'two', 'undo one']);
    expect(left.map(({ state }) => state)).toEqual(['Unmount it: this failed', 'it is mounted']);
  });

  it('is not done when what was for its time only cannot be released', async () => {
    const broken = { title: 'Unmount it', perform: () => Promise.reject(new Error('target is busy')) };
    const error = await failureOf(runSteps({ plan, steps: [noting([], 'mount', { release: broken })] }));
    expect(error).toMatchObject({ reason: 'not-cleaned-up', step: 'mount' });
    expect(error.left).toEqual([{ state: 'Unmount it: this failed', next: 'target is busy' }]);
  });

  it('stops at the signal, takes back without it, and rejects as Node does', async () => {
    const log: string[] = [];
    const stop = new AbortController();
    const waits = ({ signal }: { readonly signal: AbortSignal }) =>
      new Promise<void>((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
        stop.abort(new Error('enough'));
      });
    const steps = [
      noting(log, 'one', { undo: cleanup(log, 'undo one') }),
      noting(log, 'two', { perform: waits }),
      noting(log, 'three'),
    ];
    const error = await failureOf(runSteps({ plan, steps, signal: stop.signal }));
    expect(error).toMatchObject({ reason: 'aborted', code: 'ABORT_ERR', step: 'two' });
    expect(log).toEqual(['one', 'undo one']);
  });

  it('begins nothing more after a signal that a step took no notice of', async () => {
    const log: string[] = [];
    const stop = new AbortController();
    const steps = [
      noting(log, 'one', { perform: async () => stop.abort(), undo: cleanup(log, 'undo one') }),
      noting(log, 'two', { undo: cleanup(log, 'undo two') }),
    ];
    const error = await failureOf(runSteps({ plan, steps, signal: stop.signal }));
    expect(error.reason).toBe('aborted');
    expect(log).toEqual(['undo one']);
  });

  it("keeps a refusal's reason and advice", async () => {
    const refuses = () => Promise.reject(new Refusal('overflowed', 'vg/snap is full', 'Make it larger'));
    const error = await failureOf(runSteps({ plan, steps: [noting([], 'copy', { perform: refuses })] }));
    expect(error).toMatchObject({ reason: 'overflowed', code: 'ERR_WORKFLOW_OVERFLOWED' });
    expect(error.message).toContain('vg/snap is full. Make it larger.');
  });

  it('tells of each step, its progress, its warnings and its clean-up', async () => {
    const told: WorkflowProgress[] = [];
    const step = noting([], 'sync', {
      perform: async ({ progress, warn }) => {
        progress({ ratio: 0.5, remaining: 1000 });
        warn('slow');
      },
      release: cleanup([], 'released'),
    });
    const warnings = await runSteps({ plan, steps: [step], onProgress: (one) => told.push(one) });
    expect(warnings).toEqual(['slow']);
    const about = { step: 'sync', title: 'Do sync', index: 0, count: 1 };
    expect(told).toEqual([
      { kind: 'step-started', ...about },
      { kind: 'step-progressed', ...about, ratio: 0.5, remaining: 1000 },
      { kind: 'warning', step: 'sync', text: 'slow' },
      { kind: 'step-finished', ...about },
      { kind: 'cleanup-started', step: 'sync', title: 'Take back released' },
      { kind: 'cleanup-finished', step: 'sync', title: 'Take back released' },
    ]);
  });

  it('names a step whose remains could not be looked at, and does not say that all is as before', async () => {
    const left = () => Promise.reject(new Error('lvm hangs'));
    const error = await failureOf(runSteps({ plan, steps: [noting([], 'drop', { perform: fails, left })] }));
    expect(error.left[0]?.state).toContain('the step "drop" (Do drop) could not be looked at: lvm hangs');
    expect(error.message).not.toContain('All is as it was before');
  });

  it('goes on when a listener throws, and warns of it once', async () => {
    const log: string[] = [];
    const onProgress = () => {
      throw new Error('no terminal');
    };
    const warnings = await runSteps({ plan, steps: [noting(log, 'one'), noting(log, 'two')], onProgress });
    expect(log).toEqual(['one', 'two']);
    expect(warnings).toEqual(['onProgress threw: no terminal']);
  });

  it('tells what a workflow has left that a callback called, once, and of the rest that it is as before', async () => {
    const left = { state: '/dev/sdd is overwritten in part', next: 'Copy again' };
    const inner = new WorkflowError({
      ...{ workflow: 'copyVolume', reason: 'failed', message: 'no space', step: 'copy', left: [left] },
    });
    const wrapped = new Refusal('overflowed', 'vg/snap is full', undefined, inner);
    for (const [thrown, told] of [
      [inner, 'copyVolume, at the step "copy": no space. /dev/sdd is overwritten in part. Copy again.'],
      [wrapped, 'vg/snap is full. /dev/sdd is overwritten in part. Copy again.'],
    ] as const) {
      const use = noting([], 'use', { callsBack: true, perform: () => Promise.reject(thrown) });
      const error = await failureOf(runSteps({ plan, steps: [use] }));
      expect(error.left).toEqual([left]);
      expect(error.message).toBe(`rollback, at the step "use": ${told}`);
    }
    const use = noting([], 'use', { callsBack: true, perform: fails });
    const error = await failureOf(runSteps({ plan, steps: [use] }));
    expect([error.left, error.message]).toEqual([
      [],
      expect.stringContaining('All else is as it was before.'),
    ]);
  });

  it('shelters what takes back and looks what is left from a further Ctrl-C, and no step', async () => {
    const seen: [string, boolean][] = [];
    const see = (name: string) => {
      seen.push([name, isSheltered()]);
      return null;
    };
    const steps: readonly Step[] = [
      {
        name: 'left',
        title: 'Leave',
        perform: async () => void see('perform'),
        left: async () => see('left'),
      },
      {
        ...{ name: 'undone', title: 'Do', perform: fails },
        undo: { title: 'Undo', perform: async () => see('undo') },
        release: { title: 'Release', perform: async () => see('release') },
      },
    ];
    await failureOf(runSteps({ plan, steps }));
    expect(seen).toEqual([
      ['perform', false],
      ['release', true],
      ['undo', true],
      ['left', true],
    ]);
  });

  it('takes back, in reverse, just what it began, wherever it fails', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 8 }), fc.nat(7), async (count, at) => {
        const failing = at % count;
        const log: string[] = [];
        const steps = Array.from({ length: count }, (_, index) =>
          noting(log, `do ${index}`, {
            ...(index === failing ? { perform: fails } : {}),
            undo: cleanup(log, `undo ${index}`),
          }),
        );
        const error = await failureOf(runSteps({ plan, steps }));
        const done = Array.from({ length: failing }, (_, index) => `do ${index}`);
        const undone = Array.from({ length: failing + 1 }, (_, index) => `undo ${failing - index}`);
        expect(log).toEqual([...done, ...undone]);
        expect(error.step).toBe(`do ${failing}`);
      }),
    );
  });
});
