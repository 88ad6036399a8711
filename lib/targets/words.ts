import type { Fields } from '../fields.ts';
import type { Count } from '../units.ts';

/** `Fail` or `Error` in place of a whole status line, or `undefined` if the line says more. */
export function readFailure(fields: Fields): Failure | undefined {
  const word = fields.peek();
  if (word === 'Fail') return { state: 'fail' };
  return word === 'Error' ? { state: 'error' } : undefined;
}

/** What a target says in place of its status when it has none to give. */
export type Failure =
  | {
      /** The metadata is unusable until it is repaired. */
      readonly state: 'fail';
    }
  | {
      /** The metadata could not be read, this time. */
      readonly state: 'error';
    };

/** `key value key value ...` as a record, in order. A key without a value has the value `''`. */
export function pairs(words: readonly string[]): Readonly<Record<string, string>> {
  const entries: [string, string][] = [];
  for (let index = 0; index < words.length; index += 2)
    entries.push([words[index] ?? '', words[index + 1] ?? '']);
  return Object.fromEntries(entries);
}

/**
 * Takes the next word as the flag `word` or `-`; `null` if the string ends here, as older kernels let it.
 */
export function readFlag(fields: Fields, word: string): boolean | null {
  const found = fields.optionalWord();
  return found === undefined ? null : found === word;
}

/** A range of a device below: where it starts, in sectors. */
export interface Range {
  /** `major:minor` of the device below. */
  readonly device: string;
  /** Where in it this begins, in sectors. */
  readonly start: Count;
}

/** Reads `<device> <start>`. */
export function readRange(fields: Fields): Range {
  return { device: fields.word('device'), start: fields.count('start sector') };
}

/** The parts that are not `''`, with commas. */
export function phrase(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(', ');
}

/** `1 block`, `2 blocks`. */
export function plural(count: Count, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
