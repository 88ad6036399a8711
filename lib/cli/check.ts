/** One thing that was looked at. */
export interface Check {
  readonly name: string;
  /** `note`: not needed to read status, but good to know. Only `problem` counts as wrong. */
  readonly state: 'ok' | 'note' | 'problem';
  /** What was found. */
  readonly found: string;
  /** What to do about it; null if nothing is to be done. */
  readonly advice: string | null;
}

/** A check that found all well. */
export function ok(name: string, found: string): Check {
  return { name, state: 'ok', found, advice: null };
}

/** A check that found something wrong, and what to do about it. */
export function problem(name: string, found: string, advice: string): Check {
  return { name, state: 'problem', found, advice };
}

/** A check that could not be made. */
export function unknown(name: string, why: string): Check {
  return { name, state: 'note', found: `not known: ${why}`, advice: null };
}
