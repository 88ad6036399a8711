import { DmError } from '../errors.ts';

/**
 * A value as one line of JSON: counts above 2^53-1 as decimal strings, errors as records, and every character outside
 * ASCII's printable ones that a terminal might obey as `\uNNNN`, so that a device's name cannot do harm.
 */
export function toJson(value: unknown): string {
  return JSON.stringify(value, replace).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    [...Array(character.length).keys()]
      .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

/** An array as a JSON document with one element a line. */
export function toJsonLines(values: readonly unknown[]): string[] {
  if (values.length === 0) return ['[]'];
  return ['[', ...values.map((value, index) => toJson(value) + (index < values.length - 1 ? ',' : '')), ']'];
}

function replace(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (!(value instanceof DmError)) return value;
  const { reason, code, errno = null, operation, device = null, log, message } = value;
  return { reason, code, errno, operation, device, log, message };
}
