import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entryLines } from '../../../lib/cli/decode.ts';
import { type Command, readDmsetupLine } from '../../../lib/cli/dmsetup-line.ts';
import { type Line, linesOf } from '../../../lib/cli/lines.ts';
import { plainLook } from '../../../lib/cli/look.ts';
import { vectors } from '../arbitraries.ts';

const read = (text: string, command: Command = 'status') =>
  readDmsetupLine({ number: 1, text, isCut: false }, command);
const key = '0123456789abcdef'.repeat(4);

describe('a line of dmsetup', () => {
  it.each([
    ['vg-a: 0 8 linear ', 'vg-a'],
    ['0 8 linear ', null],
    ['a: b: 0 8 linear', 'a: b'],
    ['odd name: x: 0 8 linear', 'odd name: x'],
    ['x: 0 8 linear: 0 8 linear ', 'x: 0 8 linear'],
    [' lead: 0 8 linear', ' lead'],
  ])('%j is of the device %j', (text, name) => {
    expect(read(text)).toMatchObject({ kind: 'status', name, start: 0, length: 8, problem: null });
  });

  it('keeps the parameters as they are, and says what it does not understand', () => {
    expect(read('p: 0 8 snapshot 16/1024 16')).toMatchObject({
      status: { type: 'snapshot', params: '16/1024 16', fill: { used: 16 } },
      problem: null,
    });
    expect(read('p: 0 8 novel a b')).toMatchObject({
      status: { type: 'unknown', target: 'novel' },
      problem: 'the target is not known',
    });
    expect(read('p: 0 8 snapshot what')).toMatchObject({ problem: expect.stringContaining('"what"') });
  });

  it('may be a device without a table, that there is none, or blank', () => {
    expect(read('new: ')).toEqual({ kind: 'empty', line: 1, name: 'new', problem: null });
    expect(read('No devices found')).toEqual({ kind: 'empty', line: 1, name: null, problem: null });
    expect(read(' \t')).toBeUndefined();
  });

  it.each(['rubbish', 'a: 0 8', 'a: 0 x linear', ': 0 8 linear', 'a: 99999999999999999999 8 linear'])(
    '%j is reported as foreign',
    (text) => {
      expect(read(text)).toMatchObject({ kind: 'foreign', line: 1, text, problem: expect.any(String) });
    },
  );

  it.each(vectors)(
    'of the fixture is understood: $target $kind $line',
    ({ kind, target, line, expect: meaning }) => {
      const entry = read(`name: 0 2048 ${target} ${line}`, kind);
      expect(entry?.problem === null).toBe(meaning.error !== true);
    },
  );
});

describe('keys', () => {
  it.each([
    [`c: 0 8 crypt aes-xts-plain64 ${key} 0 7:0 0`],
    [`c: 0 8 integrity 7:0 0 - J 1 internal_hash:hmac(sha256):${key}`],
    [`c: 0 8 novel ${key}`],
    [`rubbish ${key}`],
    [`${key}: `],
    // Which of the two is the name? In either reading nothing of the key is left.
    [`c: 0 8 crypt aes ${key} 0 7:0 0 1 : 0 8 linear 7:0 0`],
    [`x: 0 8 linear : 0 8 crypt aes ${key} 0 7:0 0`],
  ])('are gone before anything else: %s', (text) => {
    for (const command of ['table', 'status'] as const) {
      const entry = read(text, command);
      expect(JSON.stringify(entry)).not.toContain(key.slice(0, 16));
      expect(entry && entryLines([entry], command, plainLook).join()).not.toContain(key.slice(0, 16));
    }
  });

  it.each([
    'c: 0  100 crypt aes deadbeefcafebabe 0 8:0 0',
    'c\t0 100 crypt aes deadbeefcafebabe 0 8:0 0',
    'c: 0 100 crypt aes deadbeefcafebabe 0 8:0 0: 0 100 linear 8:0 0',
    'c,,0,rw,0 100 crypt aes deadbeefcafebabe 0 8:0 0',
    'c: 0 18446744073709551616 crypt aes deadbeefcafebabe 0 8:0 0',
    'c: 0  100 integrity 8:0 0 4 J 1 internal_hash:hmac(sha1):deadbeefcafebabe',
  ])('do not come out of lines that dmsetup does not print either, short as they are: %j', (text) => {
    for (const command of ['status', 'table'] as const)
      expect(JSON.stringify(readDmsetupLine({ number: 1, text, isCut: false }, command))).not.toContain(
        'deadbeef',
      );
  });

  it('leave multipath names alone, which are hex digits too', () => {
    expect(read('3600508b400105e210000900000490000: 0 8 linear')).toMatchObject({
      name: '3600508b400105e210000900000490000',
    });
  });
});

describe('any text', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .array(
        fc.constantFrom('a', ': ', '0 8 ', 'linear', 'raid ', '\n', '\r\n', ' ', '1/2', '\x1b', 'é', '💾'),
      )
      .map((parts) => parts.join('')),
  );

  it('never throws, and every line that is not blank becomes one entry', async () => {
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 1, max: 7 }), async (content, size) => {
        const lines = await collect(linesOf(inPieces(Buffer.from(content), size)));
        const expected = Buffer.from(content)
          .toString()
          .split('\n')
          .map((line) => line.replace(/\r$/, ''));
        if (content === '' || content.endsWith('\n')) expected.pop();
        expect(lines.map((line) => line.text)).toEqual(expected);
        expect(lines.map((line) => line.number)).toEqual(expected.map((_, index) => index + 1));
        for (const command of ['status', 'table'] as const) {
          const entries = lines.map((line) => readDmsetupLine(line, command));
          expect(entries.map((entry) => entry !== undefined)).toEqual(
            lines.map((line) => line.text.trim() !== ''),
          );
          const shown = entries.flatMap((entry) => (entry === undefined ? [] : [entry]));
          expect(entryLines(shown, command, plainLook).join('')).not.toMatch(/\p{Cc}/u);
        }
      }),
    );
  });

  it('takes time in proportion to the line', () => {
    const long = 'a: 0 8 linear '.repeat(70_000);
    const started = performance.now();
    read(long);
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it('keeps no more of a line than the limit, and reports it', async () => {
    const lines = await collect(linesOf(inPieces(Buffer.from('12345678\nab\n'), 3), 4));
    expect(lines).toEqual([
      { number: 1, text: '1234', isCut: true },
      { number: 2, text: 'ab', isCut: false },
    ]);
    const [cut] = lines;
    expect(cut && readDmsetupLine(cut, 'status')).toMatchObject({ kind: 'foreign' });
  });
});

it('the table for people has a row a segment and none for foreign lines', () => {
  const texts = ['vg-a: 0 2048 linear ', 'rubbish', 'vg-s: 0 2048 snapshot 512/1024 16', 'new: '];
  const entries = texts.flatMap((text) => read(text) ?? []);
  expect(`\n${entryLines(entries, 'status', plainLook).join('\n')}\n`).toBe(`
NAME  START      SIZE  TYPE                         SYNC/FILL  HEALTH
vg-a      0  1.00 MiB  linear                                  ok
vg-s      0  1.00 MiB  snapshot  ██████████░░░░░░░░░░  50.00%  ok
new                    no table
`);
});

async function collect(lines: AsyncIterable<Line>): Promise<readonly Line[]> {
  const all: Line[] = [];
  for await (const line of lines) all.push(line);
  return all;
}

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}
