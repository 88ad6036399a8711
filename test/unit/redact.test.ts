import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeTable, targetNames } from '../../lib/targets/index.ts';
import { redactTable } from '../../lib/targets/redact.ts';
import { params, vectors } from './arbitraries.ts';

const hex = (minLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdefABCDEF'), minLength, maxLength: 256 });
const anyTarget = (): fc.Arbitrary<string> =>
  fc.oneof(fc.constantFrom(...targetNames, 'default-key', 'bow'), fc.string());

describe('redactTable', () => {
  it.each(['crypt', 'inlinecrypt', 'default-key'])('replaces each digit of the key of %s by 0', (target) => {
    fc.assert(
      fc.property(hex(1), (key) => {
        const redacted = redactTable(target, `aes-xts-plain64 ${key} 0 7:0 0 1 allow_discards`);
        expect(redacted).toBe(`aes-xts-plain64 ${'0'.repeat(key.length)} 0 7:0 0 1 allow_discards`);
      }),
    );
  });

  it.each(['internal_hash', 'journal_crypt', 'journal_mac'])(
    'replaces each digit of %s of integrity',
    (option) => {
      fc.assert(
        fc.property(hex(1), (key) => {
          const redacted = redactTable('integrity', `7:2 0 4 J 2 ${option}:hmac(sha256):${key} fix_hmac `);
          expect(redacted).toBe(`7:2 0 4 J 2 ${option}:hmac(sha256):${'0'.repeat(key.length)} fix_hmac `);
        }),
      );
    },
  );

  it.each([
    ['crypt', 'aes-xts-plain64 :32:logon:cryptsetup:0123456789abcdef0123456789abcdef-d0 0 7:0 0'],
    ['crypt', 'cipher_null-ecb - 0 7:0 0'],
    ['integrity', '7:2 0 4 J 2 internal_hash:crc32c journal_watermark:50'],
    ['verity', `1 7:4 7:5 4096 4096 8 0 sha256 ${'ab'.repeat(32)} ${'cd'.repeat(32)}`],
  ])('leaves a %s table without a raw key alone: %s', (target, text) => {
    expect(redactTable(target, text)).toBe(text);
  });

  it('redacts what only looks like the name of a key', () => {
    expect(redactTable('crypt', 'aes :0123 0 7:0 0')).toBe('aes 00000 0 7:0 0');
  });

  it('redacts a key that stands in the wrong place', () => {
    const key = 'ab'.repeat(16);
    expect(redactTable('crypt', `0 8 crypt aes ${key} 0`)).not.toContain(key);
    expect(redactTable('bow', `x ${key}`)).toBe(`x ${'0'.repeat(32)}`);
    expect(redactTable('integrity', `7:2 ${key}`)).toBe(`7:2 ${'0'.repeat(32)}`);
  });

  it('keeps length and blanks, and changes nothing the second time', () => {
    fc.assert(
      fc.property(anyTarget(), params(), (target, text) => {
        const redacted = redactTable(target, text);
        expect(redacted).toHaveLength(text.length);
        expect(redacted.split(/[ \t\n]/)).toHaveLength(text.split(/[ \t\n]/).length);
        expect(redactTable(target, redacted)).toBe(redacted);
      }),
    );
  });

  it('changes no vector without a raw key', () => {
    const changed = vectors.filter(
      ({ kind, line, target }) => kind === 'table' && redactTable(target, line) !== line,
    );
    expect(changed.map(({ target }) => target)).toEqual(['crypt']);
  });
});

describe('a decoded table', () => {
  it.each([
    ['crypt', (key: string) => `aes-xts-plain64 ${key} 0 7:0 0`],
    ['crypt', (key: string) => `${key} 0 7:0 0`],
    ['inlinecrypt', (key: string) => `aes-xts-plain64 ${key} 0 7:0 0`],
    ['integrity', (key: string) => `7:2 0 4 J 1 internal_hash:hmac(sha256):${key}`],
    ['integrity', (key: string) => `7:2 ${key} 4 J 0`],
  ] as const)('of %s shows no key outside params', (target, text) => {
    fc.assert(
      fc.property(
        hex(32).filter((key) => !/0{32}/.test(key)),
        (key) => {
          const { params: _, ...fields } = decodeTable(target, text(key));
          expect(JSON.stringify(fields)).not.toContain(key.slice(0, 32));
        },
      ),
    );
  });

  it.each([
    [
      ':32:logon:cryptsetup:a-b:c',
      { kind: 'keyring', size: 32, type: 'logon', description: 'cryptsetup:a-b:c' },
    ],
    ['-', { kind: 'none' }],
    ['00ff', { kind: 'raw', hexDigits: 4 }],
  ])('says of the key %s where it is', (key, meaning) => {
    expect(decodeTable('crypt', `aes ${key} 0 7:0 0`)).toMatchObject({
      type: 'crypt',
      key: meaning,
      options: [],
    });
  });
});
