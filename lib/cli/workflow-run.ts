import type { Command } from 'commander';
import { Lvm } from '../lvm/lvm.ts';
import { WorkflowError, type WorkflowReason } from '../workflows/errors.ts';
import type { Done, Plan } from '../workflows/plan.ts';
import type { Tools, WorkflowOptions } from '../workflows/tools.ts';
import { asking, withLibraryOption } from './asking.ts';
import { type ExitStatus, exitStatus } from './exit.ts';
import { complain, type Io } from './io.ts';
import { toJson } from './json.ts';
import { confirm } from './workflow-confirm.ts';
import { outliveReaders, writeLast } from './workflow-output.ts';
import { planLines } from './workflow-plan.ts';
import { type ProgressView, progressView } from './workflow-progress.ts';
import { type Interrupt, takeSignals } from './workflow-signals.ts';

/** The options of every subcommand that changes something. */
export interface WorkflowFlags {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
  readonly library?: string;
}

/** One call of a workflow from the command line. */
export interface WorkflowCall<R extends object> {
  plan(tools: Tools, options: WorkflowOptions): Promise<Plan>;
  run(tools: Tools, options: WorkflowOptions): Promise<Done<R>>;
  /** What there is now, in a sentence: the last line. */
  state(done: Done<R>): string;
  /** What the process ends with if it was done; default 0. */
  status?(done: Done<R>): ExitStatus;
  /** What to say besides of a failure of that reason: which of the command's options are about it. */
  readonly hints?: Readonly<Partial<Record<WorkflowReason, string>>>;
  /** Whether standard output is another's, so that the last line goes to standard error. */
  readonly quietOutput?: boolean;
}

/** What opens tools, and closes them when `use` has settled. */
export type WithTools = <T>(
  options: { readonly library?: string | undefined },
  use: (tools: Tools) => Promise<T>,
) => Promise<T>;

/** Adds the options that every subcommand has that changes something. */
export function withWorkflowOptions(command: Command): Command {
  return withLibraryOption(
    command
      .option('--dry-run', 'print what would be done, with the exact lvm commands, and change nothing')
      .option('--yes', 'do it without asking')
      .option('--json', 'print the plan or the result as JSON, and progress as JSON lines on standard error'),
  );
}

/** Plans, asks, does it while it shows how far it is, and says what there is now. Rejects as asking lvm does. */
export async function runCall<R extends object>(
  call: WorkflowCall<R>,
  flags: WorkflowFlags,
  io: Io,
  withTools: WithTools = openTools,
): Promise<ExitStatus> {
  outliveReaders(io);
  const view = progressView(io, flags.json === true);
  const say = (text: string): void => {
    view.clear();
    complain(io, text);
  };
  const interrupt = takeSignals(
    () => say('to be ended: what can be taken back is. Once more says what it waits for.'),
    () => say(`it waits for: ${view.current()}`),
  );
  try {
    return await withTools(flags, (tools) => perform(call, flags, io, tools, view, interrupt));
  } catch (error) {
    view.clear();
    const aborted = interrupt.status();
    if (aborted !== null && !(error instanceof WorkflowError)) {
      complain(io, 'ended before anything was changed.');
      return aborted;
    }
    if (!(error instanceof WorkflowError)) throw error;
    if (flags.json === true)
      await writeLast(io.output, toJson({ outcome: 'failed', error: failureOf(error) }));
    complain(io, error.message);
    const hint = call.hints?.[error.reason];
    if (hint !== undefined) complain(io, hint);
    if (error.step === null) complain(io, 'nothing was changed.');
    return aborted ?? (error.reason === 'not-found' ? exitStatus.unanswered : exitStatus.unhealthy);
  } finally {
    interrupt.end();
  }
}

async function perform<R extends object>(
  call: WorkflowCall<R>,
  flags: WorkflowFlags,
  io: Io,
  tools: Tools,
  view: ProgressView,
  { signal, status }: Interrupt,
): Promise<ExitStatus> {
  const plan = await call.plan(tools, { signal });
  if (flags.dryRun === true) {
    const shown = flags.json === true ? toJson(plan) : planLines(plan, io.look).join('\n');
    return end(io, await writeLast(io.output, shown), exitStatus.ok);
  }
  // What changes nothing that is there, and leaves nothing, needs no leave.
  if (flags.yes !== true && plan.changes.length > 0) {
    const answer = await confirm(plan, io, signal);
    if (answer === 'unasked') {
      complain(io, 'this needs a yes, and there is no terminal to ask on.');
      for (const change of plan.changes) complain(io, change);
      complain(io, 'nothing was changed. Pass --yes to do it, or --dry-run to see all of it.');
      return exitStatus.usage;
    }
    if (answer === 'no') {
      complain(io, 'nothing was changed.');
      return status() ?? exitStatus.unhealthy;
    }
  } else if (flags.json !== true) for (const text of plan.warnings) complain(io, `warning: ${text}`);
  // It is looked at anew, and something else may have become of the group: that needs a leave of its own.
  const expected = flags.yes === true ? undefined : plan;
  const done = await call.run(tools, { signal, expected, onProgress: (progress) => view.show(progress) });
  view.clear();
  const last = flags.json === true ? toJson(done) : call.state(done);
  const problem = await writeLast(call.quietOutput === true ? io.problems : io.output, last);
  return end(io, problem, call.status?.(done) ?? exitStatus.ok);
}

// All was done by then; but who reads the result, such as a script, must not go on without it.
function end(io: Io, problem: string | null, status: ExitStatus): ExitStatus {
  if (problem === null) return status;
  complain(io, `what came of it could not be written: ${problem}`);
  return status === exitStatus.ok ? exitStatus.unanswered : status;
}

/** Opens device-mapper and lvm for the time of `use`, lvm set up as the caller's environment says. */
export const openTools: WithTools = ({ library }, use) => {
  const { LVM_SYSTEM_DIR: directory } = process.env;
  const environment = directory === undefined ? {} : { environment: { LVM_SYSTEM_DIR: directory } };
  return asking({ ...(library && { library }) }, (dm) => use({ dm, lvm: Lvm.open({ dm, ...environment }) }));
};

function failureOf({ workflow, reason, code, message, step, undone, left, plan }: WorkflowError): object {
  return { workflow, reason, code, message, step, undone, left, plan };
}
