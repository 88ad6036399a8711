import { invalidType, requireInteger } from '../arguments.ts';
import {
  rangesArgument,
  requireDevice,
  requireFile,
  requireGroup,
  requireNewVolumeName,
  requireTag,
  requireUuid,
} from './names.ts';
import { type Bytes, type Size, sizeArguments, toKibibytes, toSectorBytes } from './sizes.ts';

/**
 * One option of a command as data: what it is called on the command line, what it takes, and how a value becomes
 * arguments. Types, checks, command lines and documentation are all made of these.
 */
export interface Option<V> {
  /** Its name for lvm, such as `--regionsize`; `''` where the value is an operand or a consent. */
  readonly flag: string;
  /** What it takes, in words for the documentation. */
  readonly takes: string;
  /** Whether it must be given. */
  readonly required: boolean;
  /** Whether its arguments come before `--` or, as operands, after it. */
  readonly place: 'flags' | 'operands';
  /** The arguments of a value; a method, so that options of all kinds fit one table. Throws a TypeError or RangeError. */
  toArguments(value: V, name: string): readonly string[];
}

/** An option that must be given. */
export interface Required<V> extends Option<V> {
  readonly required: true;
}

/** The options of an operation, by their names in JavaScript. */
export type OptionTable = Readonly<Record<string, Option<never>>>;

/**
 * The object of options that a table describes. Every mapping is over a table's own properties, so that the options
 * keep their docstrings.
 */
export type OptionsOf<T extends OptionTable> = Values<Pick<T, RequiredKeys<T>>> &
  Choices<Pick<T, Exclude<keyof T, RequiredKeys<T>>>>;

type RequiredKeys<T> = { [K in keyof T]: T[K] extends Required<never> ? K : never }[keyof T];

type Values<T> = { readonly [K in keyof T]: ValueOf<T[K]> };

type Choices<T> = { readonly [K in keyof T]?: ValueOf<T[K]> | undefined };

/** Options of which at least one of some, if not said of all, has to be given. */
export type AtLeastOne<P, K extends keyof P = keyof P> = P & { [N in K]-?: Given<P, N> }[K];

/** Options of which some are given all together or not at all. */
export type Together<P, K extends keyof P> = P & (Given<P, K> | Without<K>);

/** Options of which one is given only if another one is. */
export type Needing<P, K extends keyof P, N extends keyof P> = P & (Given<P, N> | Without<K>);

type Given<P, K extends keyof P> = { readonly [N in K]-?: Exclude<P[N], undefined> };

type Without<K extends PropertyKey> = { readonly [N in K]?: undefined };

type ValueOf<O> = O extends { toArguments(value: infer V, name: string): readonly string[] } ? V : never;

/** The same option, to be given always. */
export function required<V>(option: Option<V>): Required<V> {
  return { ...option, required: true };
}

/** The same option, as an operand behind `--`. */
export function operand<V>(option: Option<V>): Option<V> {
  return { ...option, flag: '', place: 'operands' };
}

/** An option without a value, given when `true`. */
export function flag(name: string): Option<boolean> {
  return option(name, 'true', (value, key) => (requireBoolean(key, value) ? [name] : []));
}

/** An option that takes `y` or `n`. */
export function yesNo(name: string): Option<boolean> {
  return option(name, 'boolean', (value, key) => [name, requireBoolean(key, value) ? 'y' : 'n']);
}

/** An option that takes one of some words. */
export function word<const W extends string>(name: string, words: readonly W[]): Option<W> {
  return option(name, words.map((one) => `'${one}'`).join(', '), (value, key) => [
    name,
    requireWord(key, value, words),
  ]);
}

/** An option that takes an integer in a range. */
export function integer(name: string, least: number, most: number): Option<number> {
  const range = most >= 2 ** 31 - 1 ? `an integer from ${least}` : `an integer, ${least} to ${most}`;
  return option(name, range, (value, key) => [name, String(requireInteger(key, value, least, most))]);
}

/** An option that takes a number of bytes, a multiple of 512. */
export function bytes(name: string): Option<Bytes> {
  return option(name, 'bytes', (value, key) => [name, `${toSectorBytes(key, value)}b`]);
}

/** An option that takes bytes a second and KiB, at least 1 KiB, as raid's resync rates are counted. */
export function rate(name: string): Option<Bytes> {
  return option(name, 'bytes a second', (value, key) => [name, `${toKibibytes(key, value)}b`]);
}

/** The size of a volume, or with a sign what it is to grow or shrink by: `--size` or `--extents`. */
export function size(sign: '' | '+' | '-' = ''): Option<Size> {
  return option('--size, --extents', 'a size', (value, key) => sizeArguments(key, value, sign));
}

/** An option that is given once for each tag. */
export function tags(name: string): Option<readonly string[]> {
  // Joined by `=`, because a tag may begin with a hyphen.
  return option(name, 'tags', (value, key) =>
    requireList(key, value).map((tag, index) => `${name}=${requireTag(`${key}[${index}]`, tag)}`),
  );
}

/** Devices as operands, in the order in which they are to be used; with `ranges` also `/dev/sdb:0-99`. */
export function devices(ranges: 'ranges' | 'whole' = 'whole'): Option<readonly string[]> {
  return operand(
    option('', ranges === 'ranges' ? 'devices, or `/dev/sdb:0-99`' : 'devices', (value, key) =>
      requireList(key, value).map((entry, index) => {
        const path = requireDevice(`${key}[${index}]`, entry, ranges);
        return ranges === 'ranges' ? rangesArgument(path) : path;
      }),
    ),
  );
}

/** An option that is given once for each device. */
export function eachDevice(name: string): Option<readonly string[]> {
  return option(name, 'devices', (value, key) =>
    requireList(key, value).flatMap((path, index) => [name, requireDevice(`${key}[${index}]`, path)]),
  );
}

/** An option that takes one of a few numbers. */
export function oneOf<const N extends number>(name: string, numbers: readonly N[]): Option<N> {
  const takes = `${numbers.slice(0, -1).join(', ')} or ${numbers.at(-1)}`;
  return option(name, takes, (value, key) => {
    if (numbers.some((one) => one === value)) return [name, String(value)];
    if (typeof value !== 'number') throw invalidType(key, takes, value);
    throw Object.assign(new RangeError(`"${key}" must be ${takes}, not ${value}`), {
      code: 'ERR_OUT_OF_RANGE',
    });
  });
}

/** The name of another volume of the group, which the operation puts on the command line, as `vg/lv`. */
export function sibling(): Option<string> {
  return option('', 'a volume of the same group', (value, key) => {
    requireGroup(key, value);
    return [];
  });
}

/** An option that takes the name of a volume group. */
export function group(name: string): Option<string> {
  return option(name, 'a group', (value, key) => spelled(name, requireGroup(key, value)));
}

/** An option that takes the name of a volume in the group of the operation's target. */
export function volumeName(name: string): Option<string> {
  return option(name, 'a volume of the same group', (value, key) => spelled(name, requireGroup(key, value)));
}

/** An option that takes the name of a volume that is to be made. */
export function newVolumeName(name: string): Option<string> {
  return option(name, 'a new name', (value, key) => spelled(name, requireNewVolumeName(key, value)));
}

/** An option that takes a uuid. */
export function uuid(name: string): Option<string> {
  return option(name, 'a uuid', (value, key) => [name, requireUuid(key, value)]);
}

/** An option that takes the absolute path of a file. */
export function file(name: string): Option<string> {
  return option(name, 'the path of a file', (value, key) => [name, requireFile(key, value)]);
}

/** An option that takes text in a form of lvm's own, checked by a pattern. */
export function text(name: string, takes: string, pattern: RegExp): Option<string> {
  return option(name, takes, (value, key) => {
    if (typeof value !== 'string') throw invalidType(key, takes, value);
    if (value.startsWith('-') || !pattern.test(value))
      throw Object.assign(
        new TypeError(`"${key}" must be ${takes}, not ${JSON.stringify(value.slice(0, 80))}`),
        {
          code: 'ERR_INVALID_ARG_VALUE',
        },
      );
    return [name, value];
  });
}

/** Leave to do something that lvm asks about; becomes part of the command line by what the operation asks, see there. */
export function consent(takes: string): Option<boolean> {
  return option('', `consent: ${takes}`, (value, key) => {
    requireBoolean(key, value);
    return [];
  });
}

/** A question of lvm's that an option answers either way: `y` with a consent, or `n`. */
export function consentChoice(name: string): Option<boolean> {
  return { ...yesNo(name), takes: 'consent: true or false' };
}

/** Leave to destroy just these volumes, each as vg/lv: it must equal what the operation would destroy. */
export function destroyConsent(): Option<readonly string[]> {
  return option('', 'consent: exactly the volumes that will be destroyed', (value, key) => {
    for (const [index, name] of requireList(key, value).entries())
      if (typeof name !== 'string' || name.split('/').length !== 2)
        throw invalidType(`${key}[${index}]`, 'a volume as vg/lv', name);
    return [];
  });
}

/** An option made of its parts, for what no kind above fits. */
export function option<V>(
  name: string,
  takes: string,
  toArguments: (value: unknown, key: string) => readonly string[],
): Option<V> {
  return { flag: name, takes, required: false, place: 'flags', toArguments };
}

/** Throws a TypeError unless the value is a boolean. */
export function requireBoolean(key: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw invalidType(key, 'true or false', value);
}

/** Throws a TypeError unless the value is one of the words. */
export function requireWord<W extends string>(key: string, value: unknown, words: readonly W[]): W {
  const found = words.find((one) => one === value);
  if (found !== undefined) return found;
  throw invalidType(key, `one of ${words.map((one) => `'${one}'`).join(', ')}`, value);
}

/** Throws a TypeError unless the value is a list with at least one entry. */
export function requireList(key: string, value: unknown): readonly unknown[] {
  if (Array.isArray(value) && value.length > 0) return value;
  throw invalidType(key, 'a list with at least one entry', value);
}

// With no flag of its own a value is an operand.
function spelled(name: string, value: string): readonly string[] {
  return name === '' ? [value] : [name, value];
}
