import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bar } from '../../../lib/cli/bar.ts';
import { tableLines } from '../../../lib/cli/columns.ts';
import { toJson, toJsonLines } from '../../../lib/cli/json.ts';
import { plainLook } from '../../../lib/cli/look.ts';
import { displayWidth, pad, wrap } from '../../../lib/cli/text.ts';
import { recordWords } from '../../../lib/cli/words.ts';
import { DmError } from '../../../lib/errors.ts';
import { decodeTable } from '../../../lib/targets/index.ts';
import { printable } from '../../../lib/view/printable.ts';

const obeyed = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

describe('text that a terminal might obey', () => {
  it('is escaped as libdevmapper would store it, direction characters by their number', () => {
    expect(printable('ev\x1b[31mil\x9b\x7f\n')).toBe('ev\\x1b[31mil\\x9b\\x7f\\x0a');
    expect(printable('a\u202eb\u2028')).toBe('a\\u{202e}b\\u{2028}');
    expect(printable('vg/größe 日本')).toBe('vg/größe 日本');
  });

  it('never comes out raw, as text or as JSON, which still means the same', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(printable(text)).not.toMatch(obeyed);
        expect(toJson({ text })).not.toMatch(obeyed);
        expect(JSON.parse(toJson({ text }))).toEqual({ text });
      }),
    );
  });
});

describe('toJson', () => {
  it('writes large counts as decimal strings and errors as records', () => {
    expect(toJson({ used: 2n ** 63n })).toBe('{"used":"9223372036854775808"}');
    const failure = { reason: 'timed-out', errno: 110, operation: 'status', device: 'x', log: [] } as const;
    expect(JSON.parse(toJson(new DmError(failure)))).toEqual({
      reason: 'timed-out',
      code: 'ETIMEDOUT',
      errno: -110,
      operation: 'status',
      device: 'x',
      log: [],
      message: expect.stringContaining('did not answer in time'),
    });
  });

  it('makes a document of an array, an element a line', () => {
    expect(toJsonLines([])).toEqual(['[]']);
    expect(toJsonLines([1, { a: 2 }])).toEqual(['[', '1,', '{"a":2}', ']']);
  });
});

describe('bar', () => {
  it.each([
    [0, '░░░░'],
    [0.001, '▌░░░'],
    [0.25, '█░░░'],
    [0.375, '█▌░░'],
    [0.9999, '███▌'],
    [1, '████'],
    [1.7, '████'],
    [-1, '░░░░'],
  ])('of %s is %s: full only when all is done, empty only when nothing is', (ratio, text) => {
    expect(bar(ratio, 4, true)).toBe(text);
  });

  it('has the same lengths without Unicode', () => {
    expect([0, 0.001, 0.5, 0.999, 1].map((ratio) => bar(ratio, 4, false))).toEqual([
      '....',
      '#...',
      '##..',
      '###.',
      '####',
    ]);
  });

  it('always has the width that it was given', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), fc.nat(100), fc.boolean(), (ratio, width, unicode) => {
        expect(bar(ratio, width, unicode)).toHaveLength(width);
      }),
    );
  });
});

describe('widths', () => {
  it('count wide characters twice and combining marks not at all', () => {
    expect([displayWidth('abc'), displayWidth('日本'), displayWidth('e\u0301'), displayWidth('💾')]).toEqual([
      3, 4, 1, 2,
    ]);
    expect([pad('日', 4), pad('日', 4, 'right'), pad('long', 2)]).toEqual(['日  ', '  日', 'long']);
  });

  it('break lines between words only', () => {
    expect(wrap('one two incomprehensible', 7)).toEqual(['one two', 'incomprehensible']);
  });
});

describe('tableLines', () => {
  const columns = [
    { header: 'NAME' },
    { header: 'N', align: 'right' },
    { header: 'GAP' },
    { header: 'MORE' },
  ] as const;

  it('aligns columns, leaves out what is empty and ends no line with blanks', () => {
    expect(
      tableLines(
        columns,
        [
          ['日本', '1', '', ''],
          ['b', '100', '', 'x'],
        ],
        plainLook,
      ),
    ).toEqual(['NAME    N  MORE', '日本    1', 'b     100  x']);
  });

  it('goes on with the last column in further lines where the terminal is too narrow, and cuts nothing', () => {
    const narrow = { ...plainLook, width: 30 };
    expect(tableLines(columns, [['vg/a', '1', '', 'one two three four five six seven']], narrow)).toEqual([
      'NAME  N  MORE',
      'vg/a  1  one two three four',
      '         five six seven',
    ]);
  });

  it('colours text, never the blanks beside it', () => {
    const look = { ...plainLook, paint: (style: string, text: string) => `<${style}:${text}>` };
    expect(tableLines(columns.slice(0, 2), [[{ text: 'a', style: 'failed' }, '7']], look)).toEqual([
      '<heading:NAME>  <heading:N>',
      '<failed:a>     7',
    ]);
  });
});

it('a decoded table line is told in words', () => {
  expect(recordWords(decodeTable('raid', 'raid1 3 0 region_size 4096 2 254:4 254:5 - -'))).toBe(
    'raid type raid1, chunk sectors 0, options (region_size 4096), devices (metadata 254:4, data 254:5) ()',
  );
  expect(recordWords(decodeTable('linear', '7:0 2048'))).toBe('device 7:0, start 2048');
});
