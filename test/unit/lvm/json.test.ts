import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseLvmJson } from '../../../lib/lvm/json.ts';

/** A string as lvm up to 2.03.16 at least puts it into JSON: the quotation mark escaped, and nothing else. */
function asOldLvmWrites(value: string): string {
  return `"${value.replaceAll('"', '\\"')}"`;
}

describe('JSON of lvm', () => {
  it('that is valid says what JSON.parse says', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(parseLvmJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('keeps the valid escapes of a document that needs no repair', () => {
    expect(parseLvmJson(String.raw`{"a":"x\\x20\ty\u0041"}`)).toEqual({ a: 'x\\x20\tyA' });
  });

  it('may have a comma before a closing bracket', () => {
    expect(parseLvmJson('{"log":[{"a":"1,]"},\n   ]\n ,}')).toEqual({ log: [{ a: '1,]' }] });
  });

  it('keeps valid escapes where only a comma is to be repaired', () => {
    expect(parseLvmJson(String.raw`["a\tb\\",]`)).toEqual(['a\tb\\']);
  });

  it('may have backslashes that escape nothing', () => {
    expect(parseLvmJson(String.raw`["/dev/mapper/a\x20b"]`)).toEqual(['/dev/mapper/a\\x20b']);
  });

  it('with one such backslash has none that escapes anything but a quotation mark', () => {
    expect(parseLvmJson(String.raw`["a\x20b\tc \"d\" \\"e"]`)).toEqual([String.raw`a\x20b\tc "d" \"e`]);
  });

  it('may have control characters in its strings', () => {
    expect(parseLvmJson('["a\tb\nc\x1f"]')).toEqual(['a\tb\nc\x1f']);
  });

  it('gives back every text that lvm left unescaped, if there is an escape that is none', () => {
    const text = fc.string({ unit: 'binary' }).filter((value) => !value.endsWith('\\'));
    fc.assert(
      fc.property(fc.array(text), (values) => {
        const document = `[${['\\x20', ...values].map(asOldLvmWrites).join(', ')}]`;
        expect(parseLvmJson(document)).toEqual(['\\x20', ...values]);
      }),
    );
  });

  it.each(['', '{', '["a', '[1 2]', 'nonsense', '["a"] ["b"]', '{"a":}', '[,]]'])(
    'that is none even after repair is a SyntaxError: %s',
    (text) => {
      expect(() => parseLvmJson(text)).toThrow(SyntaxError);
    },
  );

  it('is read or a SyntaxError, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}[]",:\\x\n 1au') }), (text) => {
        try {
          parseLvmJson(text);
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxError);
        }
      }),
    );
  });

  it('takes time in proportion to its length', () => {
    const long = `["${'\\"a\\x'.repeat(300_000)}",]`;
    const started = performance.now();
    expect(parseLvmJson(long)).toHaveLength(1);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
