import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCount, parseHexadecimal, readFields } from '../../lib/fields.ts';
import { count, params } from './arbitraries.ts';

describe('parseCount', () => {
  it('reads any unsigned 64-bit number without losing a digit', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (value) => {
        const parsed = parseCount(String(value));
        expect(parsed).toBe(value > BigInt(Number.MAX_SAFE_INTEGER) ? value : Number(value));
      }),
    );
  });

  it.each(['', '-1', '+1', '1.5', '1e3', '0x10', ' 1', '1 ', '1\n', '18446744073709551616', '٣'])(
    'takes %j for no number',
    (text) => {
      expect(parseCount(text)).toBeUndefined();
    },
  );
});

describe('parseHexadecimal', () => {
  it('reads any unsigned 64-bit number without losing a digit', () => {
    fc.assert(
      fc.property(count(), (value) => {
        expect(parseHexadecimal(value.toString(16))).toBe(value);
      }),
    );
  });

  it.each(['', '0x10', 'g', '-1', '10000000000000000'])('takes %j for no number', (text) => {
    expect(parseHexadecimal(text)).toBeUndefined();
  });
});

describe('a reader of fields', () => {
  it('reads words, numbers and fractions from left to right', () => {
    const fields = readFields(' raid1  2\tAA 5/10 \n');
    expect([fields.word('type'), fields.integer('n'), fields.peek(), fields.left()]).toEqual([
      'raid1',
      2,
      'AA',
      2,
    ]);
    expect([fields.word('letters'), fields.fraction('ratio'), fields.left()]).toEqual(['AA', [5, 10], 0]);
    expect(fields.problem()).toBeUndefined();
  });

  it('separates at ASCII blanks only, as the kernel does', () => {
    expect(readFields('a\u00a0b \u2003').rest()).toEqual(['a\u00a0b', '\u2003']);
  });

  it('keeps the first problem, whatever follows', () => {
    const fields = readFields('x');
    expect([fields.count('used'), fields.count('total'), fields.word('mode')]).toEqual([0, 0, '']);
    expect(fields.problem()).toBe('used is "x", not a number');
  });

  it('says what is missing', () => {
    const fields = readFields('');
    fields.word('mode');
    expect(fields.problem()).toBe('mode is missing');
  });

  it('takes a missing optional field for absent, not for a problem', () => {
    const fields = readFields('');
    expect([fields.optionalWord(), fields.optionalCount('n'), fields.optionalCounted('n')]).toEqual([
      undefined,
      null,
      [],
    ]);
    expect(fields.problem()).toBeUndefined();
  });

  it('takes a dash for none only where the kernel prints one', () => {
    expect(readFields('-').countOrDash('root')).toBeNull();
    expect(readFields('7').countOrDash('root')).toBe(7);
    const fields = readFields('-');
    fields.count('used');
    expect(fields.problem()).toBe('used is "-", not a number');
  });

  it('reads words that are counted, and says when there are fewer', () => {
    expect(readFields('2 a b c').counted('features')).toEqual(['a', 'b']);
    const fields = readFields('3 a b');
    expect(fields.counted('features')).toEqual(['a', 'b']);
    expect(fields.problem()).toBe('features should be 3 words, but 2 are left');
  });

  it.each(['5', '1/2/3', 'a/1', '1/', '/1', '1:2'])('takes %j for no fraction', (text) => {
    const fields = readFields(text);
    fields.fraction('usage');
    expect(fields.problem()).toMatch(/^usage is /);
  });

  it('knows no word that it was not given, not even those that every object has', () => {
    const fields = readFields('constructor');
    expect(fields.oneOf('state', { V: false, C: true })).toBe(false);
    expect(fields.problem()).toBe('state is "constructor", not one of V, C');
  });

  it('stops a list at its first problem, so that a false length costs nothing', () => {
    let reads = 0;
    const fields = readFields('1 2 x 4 5');
    fields.list('items', Number.MAX_SAFE_INTEGER, () => {
      reads++;
      return fields.count('item');
    });
    expect(reads).toBe(3);
    const empty = readFields('1 2');
    expect(empty.list('items', Number.MAX_SAFE_INTEGER, () => empty.count('item'))).toEqual([1, 2]);
    expect(empty.problem()).toBe('items should be 9007199254740991, but there are 2');
  });

  it('quotes at most 40 characters of what the kernel said', () => {
    const fields = readFields('x'.repeat(100_000));
    fields.count('used');
    expect(fields.problem()).toBe(`used is "${'x'.repeat(40)}...", not a number`);
  });

  it('never gives more words than there are, and gives each once', () => {
    fc.assert(
      fc.property(params(), fc.array(fc.nat(5)), (text, lengths) => {
        const fields = readFields(text);
        const all = readFields(text).rest();
        const taken = lengths.flatMap((length) => fields.words('some', length));
        expect([...taken, ...fields.rest()]).toEqual(all);
      }),
    );
  });
});
