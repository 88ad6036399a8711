import { InvalidArgumentError } from 'commander';
import { toBytes } from '../lvm/sizes.ts';

/** Gathers the values of an option that may be given more than once, for commander. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** Reads a size such as `512MiB`, `10GiB`, or bytes, for commander. */
export function parseSize(text: string): string {
  try {
    toBytes('size', text);
    return text;
  } catch {
    throw new InvalidArgumentError('It must be a size with a unit, such as 512KiB, 10GiB or 4096B.');
  }
}

/** Reads a number of at least 1, for commander. */
export function parseCount(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number, 1 at least.');
}

/** The entries whose value is given, so that an option that is left out is left out. */
export function given<T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
