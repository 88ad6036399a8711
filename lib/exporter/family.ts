/** What a family measures: OpenMetrics' types, as far as they are of use here. `info` samples are 1, `stateset` 0 or 1. */
export type FamilyType = 'gauge' | 'counter' | 'info' | 'stateset';

/** The unit a name ends in, before `_total`, if it has one. */
export type FamilyUnit = 'bytes' | 'seconds' | 'sectors';

/** Metrics of one name: what an operator reads of them in a metrics browser. */
export interface Family {
  /** As in a query: with `_total` for a counter, with `_info` for an info. */
  readonly name: string;
  readonly type: FamilyType;
  /** One sentence, in plain text. */
  readonly help: string;
  readonly unit?: FamilyUnit;
}

/** One series with its value now. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  /** A bigint is exact beyond 2^53. */
  readonly value: number | bigint;
}

/** A family with all of its series; none are left out, and none are twice. */
export interface FamilySamples extends Family {
  readonly samples: readonly Sample[];
}
