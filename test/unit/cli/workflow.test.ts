import { execFileSync } from 'node:child_process';
import { Writable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exitStatus } from '../../../lib/cli/exit.ts';
import { plainLook } from '../../../lib/cli/look.ts';
import { commandText, planLines, shellWord } from '../../../lib/cli/workflow-plan.ts';
import { runCall, type WorkflowCall, type WorkflowFlags } from '../../../lib/cli/workflow-run.ts';
import { WorkflowError } from '../../../lib/workflows/errors.ts';
import type { Done, Plan } from '../../../lib/workflows/plan.ts';
import type { Tools } from '../../../lib/workflows/tools.ts';
import { keepingIo } from './watch-script.ts';

const plan: Plan = {
  workflow: 'rollback',
  subject: 'vg/s',
  summary: 'Roll vg/o back to vg/s',
  changes: ['vg/s is gone afterwards'],
  warnings: ['vg/other loses its origin'],
  steps: [
    { name: 'merge', title: 'Merge vg/s', commands: [['lvconvert', '--', 'vg/s']], when: null },
    { name: 'begin', title: 'Begin', commands: [['lvchange', '--refresh', 'vg/o']], when: 'it was put off' },
    { name: 'wait', title: 'Wait for the end', commands: [], when: null },
  ],
};

type Result = Done<{ readonly bytes: bigint }>;
const done: Result = { outcome: 'done', plan, warnings: [], duration: 5, bytes: 9n };

function callOf(more: Partial<WorkflowCall<{ readonly bytes: bigint }>> = {}): {
  readonly call: WorkflowCall<{ readonly bytes: bigint }>;
  readonly ran: () => number;
} {
  let ran = 0;
  return {
    ran: () => ran,
    call: {
      plan: async () => plan,
      async run(...given) {
        ran++;
        return more.run === undefined ? done : more.run(...given);
      },
      state: () => 'vg/o is what vg/s held.',
      ...(more.plan === undefined ? {} : { plan: more.plan }),
    },
  };
}

async function running(flags: WorkflowFlags, more: Parameters<typeof callOf>[0] = {}, terminal?: string) {
  const io = keepingIo();
  const { call, ran } = callOf(more);
  if (terminal !== undefined) {
    for (const stream of [io.input, io.problems]) Object.assign(stream, { isTTY: true, columns: 80 });
    (io.input as unknown as { end(text: string): void }).end(terminal);
  }
  const status = await runCall(call, flags, io, (_, use) => use({} as Tools));
  return { status, ran: ran(), written: io.written(), complained: io.complained() };
}

describe('a word of a command', () => {
  it('is read back by a shell as it was', () => {
    const word = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 20 }), (words) => {
        const script = `printf '%s\\n' ${words.map(shellWord).join(' ')}`;
        expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' })).toBe(`${words.join('\n')}\n`);
      }),
      { numRuns: 30 },
    );
  });

  it('cannot move the cursor of who reads it', () => {
    expect(commandText(['lvs', 'a\x1b[2J\nb'])).toBe("lvm lvs 'a\\x1b[2J\\x0ab'");
  });
});

describe('a plan', () => {
  it('shows what will change, and each step with its commands and condition', () => {
    expect(planLines(plan, plainLook).join('\n')).toBe(`Roll vg/o back to vg/s

What will change:
  - vg/s is gone afterwards

To know before:
  - vg/other loses its origin

Steps:
  1. Merge vg/s
       lvm lvconvert -- vg/s
  2. Begin
     only if it was put off
       lvm lvchange --refresh vg/o
  3. Wait for the end`);
  });

  it('without steps says that there is nothing to do', () => {
    expect(planLines({ ...plan, steps: [] }, plainLook)).toContain(
      'All is as wanted already: there is nothing to do.',
    );
  });

  it('is wrapped on a terminal, but not its commands', () => {
    const long = Array.from({ length: 30 }, (_, index) => `word${index}`);
    const lines = planLines(
      {
        ...plan,
        changes: [long.join(' ')],
        steps: [{ name: 'a', title: 'A', commands: [long], when: null }],
      },
      { ...plainLook, width: 60 },
    );
    const command = lines.find((line) => line.includes('lvm '));
    expect(command?.length).toBeGreaterThan(60);
    expect(lines.every((line) => line === command || line.length < 60)).toBe(true);
  });
});

describe('what changes something', () => {
  it('with --dry-run prints the plan and runs nothing', async () => {
    const dry = await running({ dryRun: true });
    expect(dry).toMatchObject({ status: exitStatus.ok, ran: 0, complained: '' });
    expect(dry.written).toContain('lvm lvconvert -- vg/s\n');
    const json = await running({ dryRun: true, json: true });
    expect(JSON.parse(json.written)).toEqual(plan);
  });

  it('without a terminal and --yes runs nothing, and says what to pass', async () => {
    const { status, ran, complained } = await running({});
    expect({ status, ran }).toEqual({ status: exitStatus.usage, ran: 0 });
    expect(complained).toMatch(
      /needs a yes.*\n.*vg\/s is gone afterwards\n.*nothing was changed.*--yes.*--dry-run/,
    );
  });

  it.each([
    ['y\n', 1, exitStatus.ok],
    ['YES\n', 1, exitStatus.ok],
    ['n\n', 0, exitStatus.unhealthy],
    ['\n', 0, exitStatus.unhealthy],
    ['yesterday\n', 0, exitStatus.unhealthy],
    ['', 0, exitStatus.unhealthy],
  ])('on a terminal asks, and takes %j for what it is', async (answer, ran, status) => {
    const found = await running({}, {}, answer);
    expect(found).toMatchObject({ ran, status });
    expect(found.complained).toContain('vg/s is gone afterwards');
    expect(found.complained).toContain('[y/N]');
    expect(found.written).toBe(ran === 1 ? 'vg/o is what vg/s held.\n' : '');
  });

  it('does only what was approved, or what needed no leave: that plan goes with it, and with --yes none', async () => {
    const seen: unknown[] = [];
    const noting: Parameters<typeof running>[1] = {
      async run(_, { expected }) {
        seen.push(expected);
        return done;
      },
    };
    const harmless = { ...plan, changes: [] };
    await running({}, noting, 'y\n');
    await running({}, { ...noting, plan: async () => harmless });
    await running({ yes: true }, noting);
    await running({ yes: true }, { ...noting, plan: async () => harmless });
    expect(seen).toEqual([plan, harmless, undefined, undefined]);
  });

  it('asks nothing where nothing changes that was there', async () => {
    const harmless = { plan: async () => ({ ...plan, changes: [] }) };
    expect(await running({}, harmless)).toMatchObject({ ran: 1, status: exitStatus.ok });
  });

  it('with --yes does it, and its last line says what there is now; with --json the result', async () => {
    expect(await running({ yes: true })).toMatchObject({
      ...{ ran: 1, status: exitStatus.ok, written: 'vg/o is what vg/s held.\n' },
      complained: 'devmapper: warning: vg/other loses its origin\n',
    });
    const { written, complained } = await running({ yes: true, json: true });
    expect(JSON.parse(written)).toMatchObject({ outcome: 'done', bytes: '9' });
    expect(complained).toBe('');
  });

  const failed = (step?: string, reason: 'failed' | 'not-found' | 'aborted' = 'failed') => ({
    run: async () => {
      const left = step === undefined ? [] : [{ state: 'half is there', next: 'Call again.' }];
      throw new WorkflowError({ workflow: 'rollback', reason, message: 'a disk failed', step, left });
    },
  });

  it('that fails ends with 1, and says what is left, or that nothing was changed', async () => {
    expect(await running({ yes: true }, failed('merge'))).toMatchObject({
      status: exitStatus.unhealthy,
      complained: expect.stringMatching(/a disk failed\. half is there\. Call again\.\n$/),
    });
    expect(await running({ yes: true }, failed())).toMatchObject({
      status: exitStatus.unhealthy,
      complained: expect.stringMatching(/a disk failed\.\ndevmapper: nothing was changed\.\n$/),
    });
    expect(await running({ yes: true }, failed(undefined, 'not-found'))).toMatchObject({ status: 3 });
    const json = await running({ yes: true, json: true }, failed('merge'));
    expect(JSON.parse(json.written)).toMatchObject({
      outcome: 'failed',
      error: { reason: 'failed', step: 'merge', left: [{ next: 'Call again.' }] },
    });
  });

  it('is not ended by a reader that goes away, nor by a terminal that is closed', async () => {
    const broken = (code: string) => () =>
      new Writable({ write: (_chunk, _encoding, done) => done(Object.assign(new Error('gone'), { code })) });
    const tell: WorkflowCall<{ readonly bytes: bigint }>['run'] = async (_, { onProgress }) => {
      const about = { step: 'wait', title: 'Wait for the end', index: 2, count: 3 };
      onProgress?.({ kind: 'step-started', ...about });
      await setImmediate();
      onProgress?.({ kind: 'step-progressed', ...about, ratio: 0.5 });
      await setImmediate();
      return done;
    };
    for (const [code, status] of [
      ['EPIPE', exitStatus.ok],
      ['ENOSPC', exitStatus.unanswered],
    ] as const) {
      const stream = broken(code);
      const [output, problems] = [stream(), stream()];
      const ends: Error[] = [];
      for (const one of [output, problems]) one.on('error', (error) => ends.push(error));
      const { call, ran } = callOf({ run: tell });
      const io = { ...keepingIo(), output, problems };
      expect(await runCall(call, { yes: true }, io, (_, use) => use({} as Tools))).toBe(status);
      expect(
        await runCall(call, { dryRun: true }, { ...io, output: stream() }, (_, use) => use({} as Tools)),
      ).toBe(status);
      await setImmediate();
      expect([ran(), ends]).toEqual([1, []]);
    }
  });

  it('told to end aborts and waits; told again says what for; the status is that of the signal', async () => {
    const before = process.listeners('SIGINT');
    const found = await running(
      { yes: true },
      {
        async run(_, { signal, onProgress }) {
          const about = { step: 'wait', title: 'Wait for the end', index: 2, count: 3 };
          onProgress?.({ kind: 'step-started', ...about });
          process.emit('SIGINT');
          expect(signal?.aborted).toBe(true);
          process.emit('SIGINT');
          return failed('wait', 'aborted').run();
        },
      },
    );
    expect(found.status).toBe(exitStatus.interrupted);
    expect(found.complained).toMatch(
      /3\/3 {2}Wait for the end\n.*to be ended.*\n.*it waits for: Wait for the end\n/,
    );
    expect(process.listeners('SIGINT')).toEqual(before);
  });
});
