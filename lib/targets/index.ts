import { readFields } from '../fields.ts';
import { cache } from './cache.ts';
import { clone } from './clone.ts';
import { crypt } from './crypt.ts';
import { delay } from './delay.ts';
import { dust } from './dust.ts';
import { ebs } from './ebs.ts';
import { era } from './era.ts';
import { error } from './error.ts';
import { flakey } from './flakey.ts';
import { inlinecrypt } from './inlinecrypt.ts';
import { integrity } from './integrity.ts';
import { hideLongHex } from './keys.ts';
import { linear } from './linear.ts';
import { logWrites } from './log-writes.ts';
import type { Metric } from './metric.ts';
import { mirror } from './mirror.ts';
import { multipath } from './multipath.ts';
import { pcache } from './pcache.ts';
import { raid } from './raid.ts';
import { snapshot } from './snapshot.ts';
import { snapshotMerge } from './snapshot-merge.ts';
import { snapshotOrigin } from './snapshot-origin.ts';
import { striped } from './striped.ts';
import { switchTarget } from './switch.ts';
import type { DecodeContext, Summary, Target } from './target.ts';
import { thin } from './thin.ts';
import { thinPool } from './thin-pool.ts';
import { unstriped } from './unstriped.ts';
import { vdo } from './vdo.ts';
import { verity } from './verity.ts';
import { writecache } from './writecache.ts';
import { zero } from './zero.ts';
import { zoned } from './zoned.ts';

// The registry: one line a target.
const targets = [
  linear,
  striped,
  mirror,
  raid,
  snapshot,
  snapshotMerge,
  snapshotOrigin,
  thinPool,
  thin,
  cache,
  writecache,
  crypt,
  inlinecrypt,
  integrity,
  verity,
  multipath,
  era,
  clone,
  delay,
  flakey,
  dust,
  zero,
  error,
  switchTarget,
  unstriped,
  ebs,
  logWrites,
  zoned,
  vdo,
  pcache,
] as const;

type AnyTarget = (typeof targets)[number];

/** The kernel's name of a target that is understood here. */
export type TargetName = AnyTarget['name'];

/** A line that is not understood: of a foreign target, or with words that no known kernel prints. */
export interface Unknown {
  /** Tells it from all targets. */
  readonly type: 'unknown';
  /** The target's name as it was given. */
  readonly target: string;
  /** The parameters as they were given. */
  readonly params: string;
  /** Why it is not understood: a sentence for people. */
  readonly problem: string;
}

type Decoded<N extends string, D> = D extends object
  ? {
      /** The target's name, which tells the other fields. */
      readonly type: N;
      /** The parameters as they were given. */
      readonly params: string;
    } & D
  : never;

/** What the status line of the target named `N` says. */
export type StatusOf<N extends TargetName> = {
  [A in AnyTarget as A['name']]: Decoded<A['name'], ReturnType<A['status']>>;
}[N];

/** What the table line of the target named `N` says. */
export type TableOf<N extends TargetName> = {
  [A in AnyTarget as A['name']]: Decoded<A['name'], ReturnType<A['table']>>;
}[N];

/** A decoded status line: a union by `type`, the target's name, or `unknown`. */
export type Status = StatusOf<TargetName> | Unknown;

/** A decoded table line: a union by `type`, the target's name, or `unknown`. */
export type Table = TableOf<TargetName> | Unknown;

/** The names of all targets that are understood, in the registry's order. */
export const targetNames: readonly TargetName[] = targets.map((target) => target.name);

// The one place where a target's own types are forgotten: the name that is looked up tells them again.
const byName = new Map(targets.map((target) => [target.name, target])) as ReadonlyMap<
  string,
  unknown
> as ReadonlyMap<string, Target<object, object>>;

/**
 * Reads the parameters of a status line (`STATUSTYPE_INFO`), the text after the target's name in `dmsetup
 * status`. No text makes it throw: what is not understood has the type `unknown` and says why. Throws a TypeError for
 * what is no text.
 */
export function decode(target: string, params: string, context: DecodeContext = {}): Status {
  requireText(target, params);
  const known = byName.get(target);
  if (known === undefined) return unknown(target, params, 'the target is not known');
  const fields = readFields(params);
  const status = known.status(fields, context);
  const problem = fields.problem();
  if (problem !== undefined) return unknown(target, params, problem);
  return { type: target, params, ...status } as Status;
}

/**
 * Reads the parameters of a table line (`STATUSTYPE_TABLE`), the text after the target's name in `dmsetup
 * table`. No text makes it throw. A raw key in its place is in `params` only, and only if it was not redacted before:
 * see `redactTable`.
 */
export function decodeTable(target: string, params: string): Table {
  requireText(target, params);
  const known = byName.get(target);
  if (known === undefined) return unknown(target, params, 'the target is not known');
  const fields = readFields(params);
  const table = known.table(fields);
  const problem = fields.problem();
  if (problem !== undefined) return unknown(target, params, hideLongHex(problem));
  return { type: target, params, ...table } as Table;
}

/**
 * What an operator should know of a status, in a few words. A target that is not known here is `ok`:
 * nothing says otherwise, and an alarm for every foreign module would be a false one. A known target whose
 * words are not understood is a `warning`, because it is being watched and its health cannot be vouched
 * for.
 */
export function summarize(status: Status): Summary {
  if (status.type !== 'unknown')
    return byName.get(status.type)?.summary(status) ?? { health: 'ok', text: '' };
  const text = `not understood: ${status.problem}`;
  return { health: byName.has(status.target) ? 'warning' : 'ok', text };
}

/**
 * Whether a segment's status can move, from this one on, without an event: then only reading it again tells. A line
 * of a target known here that is not understood counts as live, as the next may be; one of a foreign target does
 * not, as nothing is known that could be told of it.
 */
export function isLive(status: Status): boolean {
  if (status.type === 'unknown') return byName.has(status.target);
  return byName.get(status.type)?.live(status) ?? false;
}

function unknown(target: string, params: string, problem: string): Unknown {
  return { type: 'unknown', target, params, problem };
}

// No text makes decoding throw; what is none is a mistake of the program.
function requireText(target: unknown, params: unknown): void {
  for (const [name, value] of Object.entries({ target, params })) {
    if (typeof value === 'string') continue;
    const error = new TypeError(`"${name}" must be a string, not ${value === null ? 'null' : typeof value}`);
    throw Object.assign(error, { code: 'ERR_INVALID_ARG_TYPE' });
  }
}

/** The metric families that a target of this name declares, in the order of their declaration. */
export function metricsOfTarget(target: string): readonly Metric<object, object>[] {
  return byName.get(target)?.metrics ?? [];
}

/** Whether the target of a status declares metric families. */
export function isMeasured(status: Status): boolean {
  return metricsOfTarget(status.type === 'unknown' ? status.target : status.type).length > 0;
}

/** Whether a status is of a target that is known here but is not understood. */
export function isParseError(status: Status): boolean {
  return status.type === 'unknown' && byName.has(status.target);
}
