import { afterEach, describe, expect, it, vi } from 'vitest';
import { linear } from '../../../lib/lvm/commands/lvcreate-linear.ts';
import { lvmconfig } from '../../../lib/lvm/commands/lvmconfig.ts';
import { type Context, execute } from '../../../lib/lvm/execute.ts';
import { commandLine } from '../../../lib/lvm/operation.ts';
import type { Outcome, Run } from '../../../lib/lvm/run.ts';
import { createSerial } from '../../../lib/lvm/serial.ts';

afterEach(() => vi.useRealTimers());

const empty = JSON.stringify({ report: [], log: [{ log_type: 'status', log_message: 'success' }] });

function outcome(run: Run, given: Partial<Outcome>): Outcome {
  return {
    ...{ argv: run.argv, exitCode: 0, signal: null, stdout: '', stderr: '', report: '', ended: 'exited' },
    ...{ complete: true, duration: 1, hindrance: null, running: null },
    ...given,
  };
}

function contextOf(run: Context['run']): Context {
  return { run, serial: createSerial(), timeout: undefined, test: false, dm: undefined };
}

const ended = (run: Run): Promise<Outcome> =>
  new Promise((resolve) => {
    const end = () => resolve(outcome(run, { exitCode: 5, ended: 'aborted' }));
    run.signal?.addEventListener('abort', end);
  });

describe('a command that is aborted while another process holds the lock of its group', () => {
  it('ends although the look at what was done waits for that lock, too', async () => {
    vi.useFakeTimers();
    const abort = new AbortController();
    const ran: string[] = [];
    const context = contextOf(async (run) => {
      const [command = ''] = run.argv;
      ran.push(command);
      return ran.length === 1 ? outcome(run, { report: empty }) : ended(run);
    });
    const call = execute(context, linear, 'vg/lv', { size: '4MiB', signal: abort.signal });
    const error = call.catch((caught: unknown) => caught);
    await vi.waitFor(() => expect(ran).toEqual(['fullreport', 'lvcreate']));
    abort.abort();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(ran).toEqual(['fullreport', 'lvcreate', 'fullreport']);
    expect(await error).toMatchObject({ reason: 'aborted', changed: 'unknown' });
    expect(context.serial.size()).toBe(0);
  });

  it('does so, too, if it was done before, and only the look waits', async () => {
    vi.useFakeTimers();
    const abort = new AbortController();
    const ran: string[] = [];
    const context = contextOf(async (run) => {
      ran.push(run.argv[0] ?? '');
      return ran.length === 3 ? ended(run) : outcome(run, { report: empty });
    });
    const call = execute(context, linear, 'vg/lv', { size: '4MiB', signal: abort.signal });
    const error = call.catch((caught: unknown) => caught);
    await vi.waitFor(() => expect(ran).toHaveLength(3));
    abort.abort();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await error).toMatchObject({ reason: 'not-done', changed: 'unknown' });
  });
});

describe('a command that only reads', () => {
  it('does not wait for one that changes something', async () => {
    const context = contextOf(async (run) => outcome(run, { stdout: 'a=1' }));
    await context.serial.enter('everything');
    expect((await execute(context, lvmconfig, undefined, {})).tree).toEqual({ a: 1 });
  });
});

describe('extraArguments', () => {
  it.each([
    // lvm takes hyphens out of the names of options.
    ['--y-es'],
    ['--con-fig=log{prefix="x"}'],
    // Answers and checks that a consent stands for.
    ['--force'],
    ['--for'],
    ['--resizefs'],
    ['--fs=resize'],
    ['--fsmode=manage'],
  ])('refuse %s, which answers or redirects lvm', (extra) => {
    const call = () => commandLine(linear, 'vg/lv', { size: '4MiB', extraArguments: [extra] });
    expect(call).toThrow(TypeError);
  });

  it('take what is not modelled', () => {
    const { argv } = commandLine(linear, 'vg/lv', { size: '4MiB', extraArguments: ['--noudevsync'] });
    expect(argv).toContain('--noudevsync');
  });
});
