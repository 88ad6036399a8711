import type { Count } from './units.ts';

/**
 * A reader of the words of one kernel parameter string, left to right. It is sticky: a word that is missing
 * or is not what was asked for yields a neutral value, and the first such problem is kept, see `problem`.
 * Reading never throws, and takes time and memory in proportion to the string, whatever counts the string
 * claims.
 */
export interface Fields {
  /** The next word; `''` if there is none. */
  word(name: string): string;
  /**
   * The next word if there is one, else `undefined`, which is no problem: kernels append fields over time.
   */
  optionalWord(): string | undefined;
  /** The next word as an unsigned 64-bit decimal number; 0 if it is none. */
  count(name: string): Count;
  /**
   * The next word as an unsigned decimal number up to 2^53-1, for block sizes, indexes and lengths; 0 if it
   * is none.
   */
  integer(name: string): number;
  /** The next word as two counts with `separator` between them, by default `/` as in `used/total`. */
  fraction(name: string, separator?: string): readonly [Count, Count];
  /** What the next word stands for in a closed vocabulary; the first of its values if it is not in it. */
  oneOf<T>(name: string, vocabulary: Readonly<Record<string, T>>): T;
  /** The next word as a count if there is one, else `null`. */
  optionalCount(name: string): Count | null;
  /** The next word as a count, or `null` if it is `-`, the kernel's word for none. */
  countOrDash(name: string): Count | null;
  /** Takes the next word, which must be `expected`: a word that frames others. */
  literal(expected: string): void;
  /** A word that says how many words follow, and those words. */
  counted(name: string): readonly string[];
  /** As {@link Fields.counted}; no words if the string ends here, as older kernels let it. */
  optionalCounted(name: string): readonly string[];
  /**
   * `length` items, each read by `item`; ends early at the first problem, so a false `length` costs
   * nothing.
   */
  list<T>(name: string, length: number, item: () => T): readonly T[];
  /** The next `length` words. */
  words(name: string, length: number): readonly string[];
  /** All words that are left. */
  rest(): readonly string[];
  /** How many words are left. */
  left(): number;
  /** The next word, without taking it. */
  peek(): string | undefined;
  /** Records a problem found by the caller; only the first is kept. */
  fail(problem: string): void;
  /** The first problem met, as a sentence for people. */
  problem(): string | undefined;
}

// The kernel separates by ASCII blanks only: a path or a key's description may hold any other character.
const asciiBlanks = /[ \t\n\v\f\r]+/;

/** Starts reading `params`, the text after the target's name in a status or table line. */
export function readFields(params: string): Fields {
  const words = params.split(asciiBlanks).filter((word) => word !== '');
  let next = 0;
  let problem: string | undefined;

  const fail = (text: string): void => {
    problem ??= text;
  };
  const take = (): string | undefined => (next < words.length ? words[next++] : undefined);
  const word = (name: string): string => {
    const found = take();
    if (found === undefined) fail(`${name} is missing`);
    return found ?? '';
  };
  const parsed = (name: string, text: string): Count => {
    const value = parseCount(text);
    if (value === undefined) fail(`${name} is ${quote(text)}, not a number`);
    return value ?? 0;
  };
  const count = (name: string): Count => {
    const found = take();
    if (found !== undefined) return parsed(name, found);
    fail(`${name} is missing`);
    return 0;
  };
  const integer = (name: string): number => {
    const value = count(name);
    if (typeof value === 'number') return value;
    fail(`${name} is ${value}, which is too large`);
    return 0;
  };
  const takeWords = (name: string, length: number): readonly string[] => {
    const end = Math.min(words.length, next + length);
    if (end - next < length) fail(`${name} should be ${length} words, but ${end - next} are left`);
    const taken = words.slice(next, end);
    next = end;
    return taken;
  };
  const counted = (name: string): readonly string[] => takeWords(name, integer(`number of ${name}`));

  return {
    word,
    optionalWord: take,
    count,
    integer,
    fraction(name, separator = '/') {
      const text = word(name);
      const [used, total, ...more] = text.split(separator, 3);
      if (used === undefined || total === undefined || more.length > 0) {
        fail(`${name} is ${quote(text)}, not two numbers with ${separator} between`);
        return [0, 0];
      }
      return [parsed(name, used), parsed(name, total)];
    },
    oneOf<T>(name: string, vocabulary: Readonly<Record<string, T>>): T {
      const text = word(name);
      if (Object.hasOwn(vocabulary, text)) return vocabulary[text] as T;
      fail(`${name} is ${quote(text)}, not one of ${Object.keys(vocabulary).join(', ')}`);
      return Object.values(vocabulary)[0] as T;
    },
    optionalCount: (name) => (next < words.length ? count(name) : null),
    countOrDash(name) {
      if (words[next] !== '-') return count(name);
      next++;
      return null;
    },
    literal(expected) {
      const text = word(JSON.stringify(expected));
      if (text !== expected) fail(`${quote(text)} stands where ${quote(expected)} should`);
    },
    counted,
    optionalCounted: (name) => (next < words.length ? counted(name) : []),
    list<T>(name: string, length: number, item: () => T): readonly T[] {
      const items: T[] = [];
      while (items.length < length && problem === undefined) {
        if (next === words.length) fail(`${name} should be ${length}, but there are ${items.length}`);
        else items.push(item());
      }
      return items;
    },
    words: takeWords,
    rest: () => takeWords('rest', words.length - next),
    left: () => words.length - next,
    peek: () => words[next],
    fail,
    problem: () => problem,
  };
}

/** An unsigned 64-bit decimal number as the kernel prints it, or `undefined` if `text` is none. */
export function parseCount(text: string): Count | undefined {
  if (!/^\d{1,20}$/.test(text)) return undefined;
  // Up to 15 digits are below 2^53; a BigInt for each would cost more than all other reading.
  return text.length < 16 ? Number(text) : exactCount(BigInt(text));
}

/**
 * An unsigned 64-bit hexadecimal number without `0x`, as some targets print flags, or `undefined` if `text`
 * is none.
 */
export function parseHexadecimal(text: string): Count | undefined {
  return /^[\da-f]{1,16}$/i.test(text) ? exactCount(BigInt(`0x${text}`)) : undefined;
}

function exactCount(value: bigint): Count | undefined {
  if (value > 0xffff_ffff_ffff_ffffn) return undefined;
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

/** What the kernel said, in quotes and at most 40 characters of it, for a sentence about a problem. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text);
}
