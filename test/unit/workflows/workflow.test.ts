import { describe, expect, it, vi } from 'vitest';
import { Refusal, WorkflowError } from '../../../lib/workflows/errors.ts';
import type { Step } from '../../../lib/workflows/step.ts';
import type { Tools } from '../../../lib/workflows/tools.ts';
import { type Prepared, planWorkflow, runWorkflow, type Workflow } from '../../../lib/workflows/workflow.ts';

const held: string[] = [];
let busy: string | undefined;
let broken: string | undefined;

vi.mock('../../../lib/workflows/system/lock.ts', () => ({
  lockSubject: async (subject: string) => {
    if (subject === broken) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
    if (subject === busy) return { holder: '12 (node), rollback since today' };
    held.push(subject);
    return {
      release: async () => {
        held.splice(held.indexOf(subject), 1);
      },
    };
  },
}));

const tools = { dm: { monitor: () => {} }, lvm: { fullreport: () => {} } } as unknown as Tools;

function step(name: string, more: Partial<Step> = {}): Step {
  return { name, title: `Do ${name}`, commands: [['lvs', name]], perform: async () => {}, ...more };
}

function workflow(
  steps: readonly Step[],
  more: Partial<Workflow<{ value: number }> & Pick<Prepared<{ value: number }>, 'result' | 'changes'>> = {},
): Workflow<{ value: number }> {
  const { result = () => ({ value: 7 }), changes = ['something'], ...rest } = more;
  return {
    name: 'rollback',
    subjects: ['vg/b', 'vg/a'],
    prepare: async () => ({
      ...{ subject: 'vg/a', summary: 'All', changes, warnings: ['careful'], steps, result },
    }),
    ...rest,
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

describe('a workflow that is run', () => {
  it('holds the locks of all its subjects while it looks and works, and then lets them go', async () => {
    const seen: (readonly string[])[] = [];
    const working = workflow([step('one', { perform: async () => void seen.push([...held]) })]);
    const done = await runWorkflow(tools, {}, working);
    expect(seen).toEqual([['vg/a', 'vg/b']]);
    expect(held).toEqual([]);
    expect(done).toMatchObject({ outcome: 'done', value: 7, warnings: ['careful'] });
  });

  it('is refused, holding nothing, when another has one of them', async () => {
    busy = 'vg/b';
    const error = await failureOf(runWorkflow(tools, {}, workflow([step('one')])));
    busy = undefined;
    expect(error).toMatchObject({ reason: 'busy', code: 'ERR_WORKFLOW_BUSY', step: null });
    expect(error.message).toContain('12 (node), rollback since today');
    expect(held).toEqual([]);
  });

  it('holds nothing when one of them cannot be locked at all', async () => {
    broken = 'vg/b';
    await expect(runWorkflow(tools, {}, workflow([]))).rejects.toMatchObject({ code: 'ENOSPC' });
    broken = undefined;
    expect(held).toEqual([]);
  });

  it('says "already" when there is nothing to do', async () => {
    await expect(runWorkflow(tools, {}, workflow([]))).resolves.toMatchObject({
      outcome: 'already',
      value: 7,
    });
  });

  it('turns a refusal into an error of its own, with nothing begun', async () => {
    const prepare = () => Promise.reject(new Refusal('in-use', 'vg/a is mounted', 'Unmount it'));
    const error = await failureOf(runWorkflow(tools, {}, workflow([], { prepare })));
    expect(error).toMatchObject({ reason: 'in-use', step: null, left: [], plan: null });
    expect(error.message).toBe('rollback: vg/a is mounted. Unmount it.');
    expect(held).toEqual([]);
  });

  it('does nothing when what would be done is no longer what was approved', async () => {
    const expected = await planWorkflow(tools, {}, workflow([step('one')]));
    const perform = vi.fn(async () => {});
    const other = workflow([step('one', { perform }), step('two', { perform })]);
    const error = await failureOf(runWorkflow(tools, { expected }, other));
    expect(error).toMatchObject({
      reason: 'plan-changed',
      plan: { steps: [{ name: 'one' }, { name: 'two' }] },
    });
    expect(perform).not.toHaveBeenCalled();
    await expect(runWorkflow(tools, { expected }, workflow([]))).resolves.toMatchObject({
      outcome: 'already',
    });
    const same = workflow([step('one', { perform, title: 'Do it, 3 MiB by now' })]);
    await expect(runWorkflow(tools, { expected }, same)).resolves.toMatchObject({ outcome: 'done' });
  });

  it('does not mind that a step under a condition is not needed any more, but that there is one', async () => {
    const some = step('some', { when: 'nobody has done it by then' });
    const both = workflow([some, step('one')]);
    const expected = await planWorkflow(tools, {}, both);
    const less = workflow([step('one')]);
    await expect(runWorkflow(tools, { expected }, less)).resolves.toMatchObject({ outcome: 'done' });
    const error = await failureOf(
      runWorkflow(tools, { expected: await planWorkflow(tools, {}, less) }, both),
    );
    expect(error.reason).toBe('plan-changed');
  });

  it('does nothing when the same steps would change something else, but more of the same is no matter', async () => {
    const at = (change: string) => workflow([step('one')], { changes: [change] });
    const expected = await planWorkflow(tools, {}, at('/dev/sdd is overwritten (1.00 MiB are lost).'));
    const error = await failureOf(
      runWorkflow(tools, { expected }, at('/dev/sdd is overwritten: ext4 is lost.')),
    );
    expect(error.reason).toBe('plan-changed');
    const later = at('/dev/sdd is overwritten (20.5 GiB are lost).');
    await expect(runWorkflow(tools, { expected }, later)).resolves.toMatchObject({ outcome: 'done' });
  });

  it('takes a plan for the same in which only the time of its making is another', async () => {
    const at = (time: number) =>
      workflow([step('tag', { commands: [['lvchange', `--addtag=x.of:lv:${time}`]] })]);
    const expected = await planWorkflow(tools, {}, at(1_795_175_584));
    await expect(runWorkflow(tools, { expected }, at(1_795_175_600))).resolves.toMatchObject({
      outcome: 'done',
    });
  });

  it('tells, with its plan, that all was done when only the result could not be had', async () => {
    const result = () => Promise.reject(new Error('lvm is gone'));
    const error = await failureOf(runWorkflow(tools, {}, workflow([step('one')], { result })));
    expect(error).toMatchObject({ reason: 'failed', step: 'one', plan: { subject: 'vg/a' } });
    expect(error.message).toMatch(/all steps were done.*What was planned is done/);
    const already = await failureOf(runWorkflow(tools, {}, workflow([], { result })));
    expect(already).toMatchObject({ step: null, left: [] });
  });
});

describe('a workflow that is only planned', () => {
  it('takes no lock, runs no step, and shows each step and what is released in any case, the last first', async () => {
    const perform = vi.fn(async () => {});
    const release = (title: string) => ({ title, commands: [['lvremove']], perform: async () => null });
    const steps = [
      step('one', { perform, release: release('Remove it') }),
      step('two', { perform, when: 'it is mounted', release: release('Unmount it') }),
    ];
    busy = 'vg/a';
    const planned = await runWorkflow(tools, { dryRun: true }, workflow(steps));
    busy = undefined;
    expect(perform).not.toHaveBeenCalled();
    expect(planned).toMatchObject({ outcome: 'planned', plan: { changes: ['something'] } });
    expect(planned.plan.steps).toEqual([
      { name: 'one', title: 'Do one', commands: [['lvs', 'one']], when: null },
      { name: 'two', title: 'Do two', commands: [['lvs', 'two']], when: 'it is mounted' },
      { name: 'two-release', title: 'Unmount it', commands: [['lvremove']], when: null },
      { name: 'one-release', title: 'Remove it', commands: [['lvremove']], when: null },
    ]);
  });

  it.each([
    [{ dm: null, lvm: tools.lvm }, {}, '"tools.dm" must be a DeviceMapper'],
    [{ dm: tools.dm }, {}, '"tools.lvm" must be an Lvm'],
    [tools, { onProgress: 'loud' }, '"onProgress" must be a function'],
    [tools, { expected: {} }, '"expected" must be a plan'],
    [tools, { dryRun: 'yes' }, '"dryRun" must be a boolean'],
  ])('rejects wrong tools and options before anything is looked at: %#', async (given, options, message) => {
    const prepare = vi.fn();
    const call = runWorkflow(given as Tools, options as never, workflow([], { prepare }));
    await expect(call).rejects.toThrow(message);
    expect(prepare).not.toHaveBeenCalled();
  });
});
