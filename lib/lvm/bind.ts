import type { Context } from './execute.ts';
import { answeredLine, execute } from './execute.ts';
import type { Job, JobKind, JobOptions, JobResult } from './jobs/job.ts';
import { startJob } from './jobs/start.ts';
import { type CallOptions, commandLine, type Operation } from './operation.ts';
import type { LvmResult } from './result.ts';
import type { LvmState } from './state.ts';

/**
 * One operation of an instance: its function, and the command line that it would run. The function rejects with an
 * `LvmError`, an `AbortError`, or before anything happens a TypeError or RangeError.
 */
export interface Bound<T, P extends object, R extends object> {
  // Without a docstring, as an editor would show it at each call in place of that of the operation.
  (...call: CallArguments<T, P>): Promise<LvmResult & R>;
  /** The command line without running it, but for the answers to questions. Throws a TypeError or RangeError. */
  argv(...call: CallArguments<T, P>): readonly string[];
  /**
   * The command line that would be run with what `state` tells is there: `--yes` is in it if the options answer all that
   * lvm may ask then. Throws a TypeError or RangeError.
   */
  argvIn(state: LvmState, ...call: CallArguments<T, P>): readonly string[];
}

/** Starts an operation that goes on after its command, as a job. Throws a TypeError or RangeError. */
export interface JobStarter<T, P extends object, R extends object> {
  /** Starts it; whatever comes of it is told by the job's `result`. The signal ends the waiting, not what is begun. */
  job(...call: CallArguments<T, P & JobOptions>): Job<LvmResult & R & JobResult>;
}

/** A subject if the operation has one, then the options, which may be left out if none is required. */
export type CallArguments<T, P extends object> = T extends void
  ? OptionArguments<P & CallOptions>
  : [subject: T, ...OptionArguments<P & CallOptions>];

type OptionArguments<Q> = Record<never, never> extends Q ? [options?: Q] : [options: Q];

/** Operations by their names, some in families. */
export interface OperationTree {
  readonly [name: string]: AnyOperation | OperationTree;
}

/** Any operation, whatever its types. */
export type AnyOperation = Operation<never, never, object>;

/** The functions of a tree of operations. */
export type BoundTree<Tree> = {
  readonly [K in keyof Tree]: Tree[K] extends Operation<infer T, infer O, infer R>
    ? Bound<T, O, R> & (Tree[K] extends { readonly waits: JobKind } ? JobStarter<T, O, R> : unknown)
    : BoundTree<Tree[K]>;
};

/** Makes the functions of all operations for one instance. */
export function bindTree<const Tree extends OperationTree>(tree: Tree, context: Context): BoundTree<Tree> {
  const entries = Object.entries(tree).map(([name, node]) => [
    name,
    isOperation(node) ? bind(node, context) : bindTree(node, context),
  ]);
  return Object.fromEntries(entries) as BoundTree<Tree>;
}

/** Whether a node of a tree is an operation, not a family. */
export function isOperation(node: AnyOperation | OperationTree): node is AnyOperation {
  return 'subject' in node && 'fixed' in node;
}

function bind(operation: AnyOperation, context: Context): Bound<never, never, object> {
  const run = (...call: readonly unknown[]) => execute(context, operation, ...split(operation, call));
  return Object.assign(async (...call: readonly unknown[]) => run(...call), {
    argv: (...call: readonly unknown[]) => commandLine(operation, ...split(operation, call)).argv,
    argvIn: (state: LvmState, ...call: readonly unknown[]) =>
      answeredLine(operation, state, ...split(operation, call)),
    ...(operation.waits === undefined
      ? {}
      : { job: (...call: readonly unknown[]) => startJob(context, operation, ...split(operation, call)) }),
  }) as Bound<never, never, object>;
}

function split({ subject }: AnyOperation, call: readonly unknown[]): [never, never] {
  const [first, second] = subject.takes === '' ? [undefined, call[0]] : call;
  return [first as never, (second ?? {}) as never];
}
