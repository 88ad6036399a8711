import type { Family, FamilyType } from '../exporter/family.ts';
import { type Count, sectorSize } from '../units.ts';

/**
 * One metric family of a target, declared beside the grammar of its status. `S` is what the target's status line says,
 * `T` what its table line says. Pure: a value comes from these two alone.
 */
export interface Metric<S, T> extends Family {
  /** Names of the labels beyond those that name the device. */
  readonly labels: readonly string[];
  /** For a stateset all its states, for others none. */
  readonly states: readonly string[];
  /** The series with their values; what is not known is left out. */
  readonly read: (status: S, place: Place<T>) => readonly Reading[];
}

/** Where a status was read. */
export interface Place<T> {
  /** The table line; undefined if it is not known (yet). */
  readonly table: T | undefined;
  /** What a `major:minor` below is, for people: what it stands on, such as `sdb1` or `sdb1,sdc1`, else itself. */
  readonly backing: (device: string) => string;
  /** The device-mapper name of a `major:minor` with its escapes resolved; `''` if unknown. */
  readonly name: (device: string) => string;
  /** Length of the target, in sectors of 512 bytes. */
  readonly sectors: number;
}

/** One series of a family, without the labels that name the device. */
export interface Reading {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: Count;
}

/** One value without labels; null and undefined are left out. */
export type Value = Count | boolean | null | undefined;

/** Makes families of a target whose status is `S`; what they read is `N`, which `S` is in some states only. */
export interface MetricMakers<N, T, S = N> {
  readonly gauge: Make<N, T, S, Value>;
  readonly counter: Make<N, T, S, Value>;
  /** Always 1; what there is to know is in the labels. Undefined if nothing is known. */
  readonly info: MakeOfEach<N, T, S, Labels | undefined>;
  /** A gauge with labels, or one of each part. */
  readonly gaugeOfEach: MakeOfEach<N, T, S, readonly Labelled[]>;
  /** A counter of each part. */
  readonly counterOfEach: MakeOfEach<N, T, S, readonly Labelled[]>;
  /** One series a state in the label `state`: 1 for the state it is in, 0 for the others. */
  readonly stateset: (
    name: string,
    help: string,
    states: readonly string[],
    read: Read<N, T, string | null | undefined>,
  ) => Metric<S, T>;
  /** A stateset of each part, such as a leg: `read` gives the labels and the state of each. */
  readonly statesetOfEach: (
    name: string,
    help: string,
    labels: readonly string[],
    states: readonly string[],
    read: Read<N, T, readonly Part[]>,
  ) => Metric<S, T>;
}

/** A value with labels. */
export interface Labelled {
  readonly labels: Labels;
  readonly value: Value;
}

/** A leg, path or stripe: its labels, and the state it is in. */
export interface Part {
  readonly labels: Labels;
  readonly state: string;
}

type Labels = Readonly<Record<string, string>>;
type Read<N, T, V> = (status: N, place: Place<T>) => V;
type Make<N, T, S, V> = (name: string, help: string, read: Read<N, T, V>) => Metric<S, T>;
type MakeOfEach<N, T, S, V> = (
  name: string,
  help: string,
  labels: readonly string[],
  read: Read<N, T, V>,
) => Metric<S, T>;

/** Makers of families that read any status of a target. */
export function metricsOf<S, T>(): MetricMakers<S, T> {
  return makersOf<S, T, S>((status) => status);
}

/** Makers of families that read a status whose `state` is `ok`; of another they have no series. */
export function metricsOfOk<S extends { readonly state: string }, T>(): MetricMakers<
  Extract<S, { readonly state: 'ok' }>,
  T,
  S
> {
  return makersOf<Extract<S, { readonly state: 'ok' }>, T, S>((status) =>
    isOk(status) ? status : undefined,
  );
}

function isOk<S extends { readonly state: string }>(
  status: S,
): status is Extract<S, { readonly state: 'ok' }> {
  return status.state === 'ok';
}

function makersOf<N, T, S>(narrow: (status: S) => N | undefined): MetricMakers<N, T, S> {
  const make = <V>(
    family: Pick<Metric<S, T>, 'name' | 'type' | 'help' | 'labels' | 'states'>,
    read: Read<N, T, V>,
    readingsOf: (value: V) => readonly Reading[],
  ): Metric<S, T> => ({
    ...familyOf(family.name, family.type, family.help),
    labels: family.labels,
    states: family.states,
    read(status, place) {
      const narrowed = narrow(status);
      return narrowed === undefined ? [] : readingsOf(read(narrowed, place));
    },
  });
  const single =
    (type: FamilyType): Make<N, T, S, Value> =>
    (name, help, read) =>
      make({ name, type, help, labels: [], states: [] }, read, (value) => readingOf({ labels: {}, value }));
  const ofEach =
    (type: FamilyType): MakeOfEach<N, T, S, readonly Labelled[]> =>
    (name, help, labels, read) =>
      make({ name, type, help, labels, states: [] }, read, (parts) => parts.flatMap(readingOf));
  return {
    gauge: single('gauge'),
    counter: single('counter'),
    info: (name, help, labels, read) =>
      make({ name, type: 'info', help, labels, states: [] }, read, (given) =>
        given === undefined ? [] : [{ labels: given, value: 1 }],
      ),
    gaugeOfEach: ofEach('gauge'),
    counterOfEach: ofEach('counter'),
    stateset: (name, help, states, read) =>
      make({ name, type: 'stateset', help, labels: ['state'], states }, read, (state) =>
        state === null || state === undefined ? [] : statesOf(states, { labels: {}, state }),
      ),
    statesetOfEach: (name, help, labels, states, read) =>
      make({ name, type: 'stateset', help, labels: [...labels, 'state'], states }, read, (parts) =>
        parts.flatMap((part) => statesOf(states, part)),
      ),
  };
}

/** A family with the unit that its name ends in. */
export function familyOf(name: string, type: FamilyType, help: string): Family {
  const unit = /_(bytes|seconds|sectors)(?:_total)?$/.exec(name)?.[1];
  const known = units.find((each) => each === unit);
  return known === undefined ? { name, type, help } : { name, type, help, unit: known };
}

const units = ['bytes', 'seconds', 'sectors'] as const;

function readingOf({ labels, value }: Labelled): readonly Reading[] {
  if (value === null || value === undefined) return [];
  return [{ labels, value: typeof value === 'boolean' ? Number(value) : value }];
}

// A word that a newer kernel may print is a state of its own rather than none: an alert must not miss it.
function statesOf(states: readonly string[], { labels, state }: Part): readonly Reading[] {
  const known = states.includes(state) ? state : unknownState;
  return states.map((each) => ({ labels: { ...labels, state: each }, value: each === known ? 1 : 0 }));
}

/** The state for words that are not known here; the last of all states of a set that may need it. */
export const unknownState = 'unknown';

/** The bytes in so many blocks, each of so many bytes; undefined if one of them is not known. Exact at any size. */
export function blocksToBytes(
  blocks: Count | null | undefined,
  blockBytes: Count | undefined,
): Count | undefined {
  if (blocks === null || blocks === undefined || blockBytes === undefined) return undefined;
  const bytes = Number(blocks) * Number(blockBytes);
  return Number.isSafeInteger(bytes) ? bytes : BigInt(blocks) * BigInt(blockBytes);
}

/** The bytes in so many sectors of 512 bytes; undefined if that is not known. Exact at any size. */
export function bytesOf(sectors: Count | null | undefined): Count | undefined {
  return blocksToBytes(sectors, sectorSize);
}

/** A word of this package as a state: `write-failed` is `write_failed`. */
export function stateOf(word: string): string {
  return word.replaceAll('-', '_');
}
