import { afterEach, describe, expect, it, vi } from 'vitest';
import { vgColumns } from '../../../lib/lvm/columns/vg.ts';
import { linear } from '../../../lib/lvm/commands/lvcreate-linear.ts';
import { lvmconfig } from '../../../lib/lvm/commands/lvmconfig.ts';
import { vgremove } from '../../../lib/lvm/commands/vgremove.ts';
import { type Context, execute } from '../../../lib/lvm/execute.ts';
import { Lvm } from '../../../lib/lvm/lvm.ts';
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

describe('a command of which nothing could be run', () => {
  const missing = JSON.stringify({
    log: [
      {
        ...{ log_type: 'error', log_context: 'shell', log_object_type: 'vg', log_object_name: 'nosuch' },
        ...{ log_message: 'Volume group "nosuch" not found', log_errno: -1, log_ret_code: 0 },
      },
    ],
  });

  it('has the error, which the look before met, as its own', async () => {
    const context = contextOf(async (run) => outcome(run, { exitCode: 5, report: missing }));
    const error = await execute(context, linear, 'nosuch/lv', { size: '4MiB' }).catch((caught) => caught);
    expect(error).toMatchObject({
      ...{ name: 'LvmError', reason: 'not-found', changed: 'no', exitCode: 5 },
      command: expect.arrayContaining(['lvcreate', '--name']),
      message: expect.stringMatching(/^lvcreate: Volume group "nosuch" not found\. Check/),
    });
    expect(error.messages).toHaveLength(1);
  });

  it('rejects with an AbortError if it was aborted in that look', async () => {
    const abort = new AbortController();
    const context = contextOf(async (run) => ended(run));
    const call = execute(context, linear, 'vg/lv', { size: '4MiB', signal: abort.signal });
    setTimeout(() => abort.abort(new Error('enough')), 10);
    await expect(call).rejects.toMatchObject({ name: 'AbortError', cause: new Error('enough') });
  });

  it('names the option that would allow what lvm asks', async () => {
    const context = contextOf(async (run) => outcome(run, { report: JSON.stringify({ report: [missed] }) }));
    await expect(execute(context, vgremove, 'vg', {})).rejects.toMatchObject({
      reason: 'confirmation-required',
      command: ['vgremove', '--', 'vg'],
      message: expect.stringContaining('Allow it by the option "allowMissing", if that is what is wanted.'),
    });
  });
});

// A group of which everything that has to be told is told, and of which one device is missing.
const needed = Object.values(vgColumns).flatMap(({ field, required }) => (required ? [[field, '1']] : []));
const missed = { vg: [{ ...Object.fromEntries(needed), vg_name: 'vg', vg_missing_pv_count: '1' }] };

describe('the time of a call', () => {
  it('is one for the turn, the look before and the command', async () => {
    const timeouts: (number | undefined)[] = [];
    const context = contextOf(async (run) => {
      timeouts.push(run.timeout);
      await new Promise((resolve) => setTimeout(resolve, 50));
      return outcome(run, { report: empty });
    });
    const leave = await context.serial.enter(['vg']);
    setTimeout(leave, 50);
    await execute(context, linear, 'vg/lv', { size: '4MiB', timeout: 10_000 }).catch(() => {});
    const [look = Infinity, command = Infinity, late] = timeouts;
    expect(look).toBeLessThanOrEqual(9960);
    expect(command).toBeLessThanOrEqual(look - 40);
    expect([timeouts.length, late]).toEqual([3, undefined]);
  });

  it('is up before the command is started if it is up in the look', async () => {
    const ran: string[] = [];
    const context = contextOf(async (run) => {
      ran.push(run.argv[0] ?? '');
      await new Promise((resolve) => setTimeout(resolve, 50));
      return outcome(run, { report: empty });
    });
    await expect(execute(context, linear, 'vg/lv', { size: '4MiB', timeout: 20 })).rejects.toMatchObject({
      reason: 'timed-out',
      changed: 'no',
      message: expect.stringMatching(/^lvcreate: /),
    });
    expect(ran).toEqual(['fullreport']);
    const leave = await context.serial.enter(['vg']);
    await expect(execute(context, linear, 'vg/lv', { size: '4MiB', timeout: 20 })).rejects.toMatchObject({
      reason: 'timed-out',
      message: expect.stringMatching(/^lvcreate: another/),
    });
    leave();
  });

  it('leaves the look afterwards 5 s, in which a lock of another may end', async () => {
    vi.useFakeTimers();
    let ran = 0;
    const context = contextOf(async (run) => (++ran === 3 ? ended(run) : outcome(run, { report: empty })));
    const call = execute(context, linear, 'vg/lv', { size: '4MiB', timeout: 1000 });
    let error: unknown;
    call.catch((caught: unknown) => {
      error = caught;
    });
    await vi.waitFor(() => expect(ran).toBe(3));
    await vi.advanceTimersByTimeAsync(4000);
    expect(error).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1500);
    expect(error).toMatchObject({ reason: 'not-done', changed: 'unknown' });
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

describe('the command line of a call, with what is there', () => {
  const nothing = { groups: [], orphans: [] };
  const { lvcreate, lvconvert } = Lvm.open();

  it('has --yes just if the options answer all that lvm may ask', () => {
    const [size, volume] = ['4MiB', 'vg/lv'];
    expect(lvcreate.linear.argvIn(nothing, volume, { size })).not.toContain('--yes');
    expect(lvcreate.linear.argvIn(nothing, volume, { size, wipeSignatures: true })).toContain('--yes');
    expect(lvconvert.repair.argvIn(nothing, volume)).toContain('--yes');
    expect(lvconvert.repair.argv(volume)).not.toContain('--yes');
  });
});
