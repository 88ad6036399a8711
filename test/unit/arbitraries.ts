import { readFileSync } from 'node:fs';
import fc from 'fast-check';

/** One line of the fixture, see `test/fixtures/README.md`. */
export interface Vector {
  readonly target: string;
  readonly kind: 'status' | 'table';
  readonly line: string;
  readonly origin: string;
  readonly expect: Readonly<Record<string, unknown>>;
}

/** Status and table lines with their right meaning. */
export const vectors: readonly Vector[] = readFileSync(
  new URL('../fixtures/dm-vectors.jsonl', import.meta.url),
  'utf8',
)
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as Vector);

/** A count as the kernel keeps it: a number up to 2^53-1, a bigint above. */
export const count = (): fc.Arbitrary<number | bigint> =>
  fc.oneof(
    fc.nat(),
    fc.maxSafeNat(),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
    fc.constantFrom(0, 1, Number.MAX_SAFE_INTEGER),
  );

/** Words that decoders look for, and words that are poison to tables of words. */
const word = (): fc.Arbitrary<string> =>
  fc.oneof(
    count().map(String),
    fc.tuple(count(), count()).map(([used, total]) => `${used}/${total}`),
    fc.constantFrom(
      '-',
      'A',
      'a',
      'D',
      'AA',
      'AAa',
      'Fail',
      'Error',
      'Invalid',
      'Merge',
      'failed',
      'Overflow',
    ),
    fc.constantFrom(
      'V4',
      'rw',
      'ro',
      'core',
      'disk',
      'userspace',
      'idle',
      'recover',
      'V',
      'C',
      'zones',
      'cache',
    ),
    fc.constantFrom(
      'constructor',
      '__proto__',
      'toString',
      'hasOwnProperty',
      '99999999999999999999',
      '-1',
      '1e3',
    ),
    fc.string({ unit: 'binary', maxLength: 20 }),
  );

/** A line of a vector with some of its words changed, dropped, doubled or swapped. */
const mutated = (): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.constantFrom(...vectors.map((vector) => vector.line)),
      fc.array(fc.tuple(fc.nat(60), fc.constantFrom('set', 'drop', 'double', 'cut'), word()), {
        maxLength: 4,
      }),
    )
    .map(([line, changes]) => {
      const words = line.split(' ');
      for (const [at, change, text] of changes) {
        const index = at % (words.length + 1);
        if (change === 'set') words.splice(index, 1, text);
        else if (change === 'drop') words.splice(index, 1);
        else if (change === 'double') words.splice(index, 0, words[index] ?? '');
        else words.length = index;
      }
      return words.join(' ');
    });

/** Anything that could stand where the kernel's parameters do. */
export const params = (): fc.Arbitrary<string> =>
  fc.oneof(
    mutated(),
    fc.array(word(), { maxLength: 40 }).map((words) => words.join(' ')),
    fc.string({ unit: 'binary' }),
    fc.tuple(word(), fc.constantFrom(' ', '  ', '\t')).map(([text, blank]) => `${text}${blank}`.repeat(200)),
  );
