import { invalidType, requireInteger, requireOnly, requireSignal, requireTimeout } from '../arguments.ts';
import type { JobKind } from './jobs/job.ts';
import { type OptionsOf, type OptionTable, requireBoolean } from './option.ts';
import type { LvmReason } from './reasons.ts';
import type { LvmState } from './state.ts';
import type { Place, Subject } from './subject.ts';

/** One thing that lvm can do, as data: from it come the function, its types, its command line and its documentation. */
export interface Operation<T, P extends object, R extends object> {
  /** The lvm command, such as `lvcreate`. */
  readonly command: string;
  /** What makes it this form of the command, such as `--type mirror`. */
  readonly fixed: readonly string[];
  /** What it does, in one sentence for the documentation. */
  readonly summary: string;
  readonly subject: Subject<T>;
  readonly options: OptionTable;
  /**
   * What goes on when the command has ended; its function has `job` then, which waits for it. A command that would wait
   * itself has `--background` among `fixed`.
   */
  readonly waits?: JobKind;
  /** Changes where things go on the command line, and which groups are touched. */
  arrange?(place: Place, options: P): Place;
  /**
   * `text`: it writes on its standard output, and has no log; what it writes are its notes, a line each. `nothing`: the
   * same of one that may succeed without a word, so that its `verify` alone tells.
   */
  readonly writes?: 'log' | 'text' | 'nothing';
  /** Whether all groups must be looked at, because one comes, goes or is not named. Default: the place's groups. */
  readonly looks?: 'everything' | 'groups' | 'nothing';
  /** Why it must not run with what is there; found before anything happens. */
  refuse?(call: Before<P>): Refusal | null;
  /** What lvm will or may ask. */
  asks?(call: Before<P>): readonly Question[];
  /** Reasons of lvm's failure that mean that all is as was wanted; `verify` is asked then, too. */
  readonly satisfiedBy?: readonly LvmReason[];
  /** What does not hold that should after success (its status 0 proves nothing), or null. */
  verify?(call: After<P>): string | null;
  /** What its result tells beyond what every result does. */
  result(call: After<P>): R;
}

/** Of an operation that has no options of its own. */
export interface NoOptions extends OptionsOf<Record<never, never>> {}

/** Of an operation that tells no more than every result does. */
export type NoResult = Readonly<Record<never, never>>;

/** Options that every command takes. */
export interface CallOptions {
  /** Ends the command with SIGTERM when it fires, and rejects once it has exited. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Milliseconds that waiting for the turn, the look before and the command may take together; then the command is
   * ended likewise. Default is that of the instance. After that come at most 5 s in which it may exit, and the look at
   * what was done, which has until the timeout, and 5 s at least.
   */
  readonly timeout?: number | undefined;
  /** Lets lvm go through it without changing anything (`--test`): checks names and space, proves little else. */
  readonly test?: boolean | undefined;
  /** Arguments that are not modelled, each an option of lvm's (`--option=value` for one with a value). */
  readonly extraArguments?: readonly string[] | undefined;
}

/** What is known before a command runs. */
export interface Before<P extends object> {
  readonly place: Place;
  readonly options: P;
  readonly before: LvmState;
}

/** What is known after it, but for the options. */
export interface Afterwards {
  readonly place: Place;
  readonly before: LvmState;
  readonly after: LvmState;
}

/** What is known after it. */
export interface After<P extends object> extends Afterwards {
  readonly options: P;
  /** What lvm printed, a message each. */
  readonly notes: readonly string[];
}

/** Why a command is not even started. */
export interface Refusal {
  readonly reason: LvmReason;
  readonly message: string;
}

/** Something that lvm asks, whose answer is the caller's. */
export interface Question {
  /** The option that answers it. */
  readonly consent: string;
  /** Whether the caller's options say yes. */
  readonly granted: boolean;
  /** Whether lvm asks in any case; if not, it may. */
  readonly certain: boolean;
  /** What is asked, in words. */
  readonly text: string;
}

/** Makes an operation, whose options' types follow from their table. */
export function operation<T, const O extends OptionTable, R extends object, const W extends JobKind = never>(
  given: { readonly options: O; readonly waits?: W } & Omit<
    Operation<T, NoInfer<OptionsOf<O>>, R>,
    'options' | 'waits'
  >,
): Operation<T, OptionsOf<O>, R> & Waits<W> {
  return given as Operation<T, OptionsOf<O>, R> & Waits<W>;
}

/** That an operation goes on after its command, in its type. */
export type Waits<W extends JobKind> = [W] extends [never] ? unknown : { readonly waits: W };

/** A command line, but for the answers to questions, and what it touches. */
export interface CommandLine {
  readonly place: Place;
  /** The subcommand, its options, `--`, its operands. */
  readonly argv: readonly string[];
}

/** Checks all that a caller gave and makes the command line of it. Pure; throws a TypeError or RangeError. */
export function commandLine<T, P extends object, R extends object>(
  { command, fixed, subject, options: table, arrange }: Operation<T, P, R>,
  value: T,
  given: P & CallOptions,
  yes = false,
): CommandLine {
  requireOnly(given, [...Object.keys(table), ...callKeys]);
  requireCallOptions(given);
  const parsed = subject.parse(value);
  const place = arrange === undefined ? parsed : arrange(parsed, given);
  const flags: string[] = [];
  const operands: string[] = [];
  for (const [key, option] of Object.entries(table)) {
    const set: unknown = (given as Readonly<Record<string, unknown>>)[key];
    if (set === undefined) {
      if (option.required) throw invalidType(key, option.takes, set);
      continue;
    }
    (option.place === 'flags' ? flags : operands).push(...option.toArguments(set as never, key));
  }
  const switches = [...(yes ? ['--yes'] : []), ...(given.test === true ? ['--test'] : [])];
  const behind = [...place.operands, ...operands];
  return {
    place,
    argv: [
      command,
      ...fixed,
      ...switches,
      ...place.flags,
      ...flags,
      ...(given.extraArguments ?? []),
      ...(behind.length === 0 ? [] : ['--', ...behind]),
    ],
  };
}

const callKeys = ['signal', 'timeout', 'test', 'extraArguments'];

function requireCallOptions({ signal, timeout, test, extraArguments }: CallOptions): void {
  requireSignal(signal);
  if (timeout !== undefined) requireTimeout(timeout);
  if (test !== undefined) requireBoolean('test', test);
  if (extraArguments !== undefined) requireExtra(extraArguments);
}

// What answers or redirects lvm is decided by the runner and by consents, not in passing. `--force` answers questions
// as `--yes` does, and what resizes a file system brings new ones.
const forbidden = [
  ...['yes', 'force', 'config', 'devices', 'devicesfile', 'profile', 'commandprofile', 'test', 'help'],
  ...['longhelp', 'version', 'select', 'reportformat', 'driverloaded', 'nolocking', 'lockopt'],
  ...['resizefs', 'fs', 'fsmode'],
];

function requireExtra(values: readonly string[]): void {
  if (!Array.isArray(values)) throw invalidType('extraArguments', 'a list of options', values);
  requireInteger('extraArguments.length', values.length, 0, 1000);
  for (const [index, value] of values.entries()) {
    const name = `extraArguments[${index}]`;
    if (typeof value !== 'string') throw invalidType(name, 'text', value);
    // No hyphens: lvm leaves them out (lvmcmdline.c), so that `--y-es` is `--yes`. getopt_long takes every unambiguous
    // beginning of an option for the option.
    const [, option] = /^--([a-z][a-z_]*)(?:=[^\0]*)?$/.exec(value) ?? [];
    if (option === undefined || forbidden.some((taken) => taken.startsWith(option)))
      throw Object.assign(
        new TypeError(
          `"${name}" must be one long option, as --name or --name=value, that is no option here already, not ${JSON.stringify(value.slice(0, 80))}`,
        ),
        { code: 'ERR_INVALID_ARG_VALUE' },
      );
  }
}
