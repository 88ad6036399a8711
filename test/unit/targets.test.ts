import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode, decodeTable, summarize, targetNames } from '../../lib/targets/index.ts';
import { type DecodeContext, worstHealth } from '../../lib/targets/target.ts';
import { params } from './arbitraries.ts';

const target = (): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom<string>(...targetNames) },
    { weight: 1, arbitrary: fc.oneof(fc.string(), fc.constantFrom('constructor', '__proto__', 'unknown')) },
  );
const size = (): fc.Arbitrary<number | undefined> =>
  fc.oneof(fc.nat(), fc.double(), fc.constantFrom(undefined, 0, -1, Number.NaN, Infinity, 2 ** 60));
const context = (): fc.Arbitrary<DecodeContext> =>
  fc.record({ length: size(), extentSectors: size(), poolBlockSectors: size() });

describe('any string into any decoder', () => {
  it('keeps target and params, never throws, and says what was wrong', () => {
    fc.assert(
      fc.property(target(), params(), context(), (name, text, more) => {
        for (const decoded of [decode(name, text, more), decodeTable(name, text)]) {
          expect(decoded.params).toBe(text);
          if (decoded.type === 'unknown') {
            expect(decoded).toEqual({
              type: 'unknown',
              target: name,
              params: text,
              problem: expect.any(String),
            });
            expect(decoded.problem.length).toBeGreaterThan(0);
            expect(decoded.problem.length).toBeLessThan(500);
          } else expect(decoded.type).toBe(name);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('can be summed up, with a bar that can be drawn', () => {
    fc.assert(
      fc.property(target(), params(), context(), (name, text, more) => {
        const { bar, health, text: words } = summarize(decode(name, text, more));
        expect(['ok', 'busy', 'warning', 'failed']).toContain(health);
        expect(words).toBeTypeOf('string');
        if (bar === undefined) return;
        expect(bar.ratio).toBeGreaterThanOrEqual(0);
        expect(bar.percent).toMatch(/^\d+\.\d\d$/);
      }),
      { numRuns: 3000 },
    );
  });

  // Measured: under 100 ms a target for the slowest of these. With its square, 2^19 words would take
  // minutes.
  const megabyte = 2 ** 20;
  const hostile = [
    ['one word', 'x'.repeat(megabyte)],
    ['a health of a megabyte', `raid1 2 ${'D'.repeat(megabyte)} 5/10 idle 0 0 -`],
    ['digits', '9'.repeat(megabyte)],
    ['slashes', '1/'.repeat(megabyte / 2)],
    ['hex digits', `aes ${'a'.repeat(megabyte)} ${'ab:'.repeat(1000)}`],
    ['blanks', ' '.repeat(megabyte)],
    ['numbers', '1 '.repeat(megabyte / 2)],
    ['a false count', `9007199254740991 ${'7:0 0 '.repeat(megabyte / 6)}`],
    ['groups without end', `2 0 0 0 9007199254740991 1 ${'A 0 1 0 7:0 A 0 '.repeat(megabyte / 16)}`],
    ['devices without end', `raid1 1 0 9007199254740991 ${'- '.repeat(megabyte / 2)}`],
    ['pairs without end', `4096 zones 0/0 cache ${'1/2 random 3/4 sequential '.repeat(megabyte / 26)}`],
  ] as const;

  it.each(hostile)('is read in linear time: a megabyte of %s', { timeout: 60_000 }, (_, text) => {
    for (const name of targetNames) {
      const start = performance.now();
      const status = decode(name, text);
      decodeTable(name, text);
      summarize(status);
      expect(performance.now() - start, name).toBeLessThan(5000);
    }
  });
});

describe('decode', () => {
  it('says of a target that is not known that it is not', () => {
    expect(decode('bow', '1 2')).toEqual({
      type: 'unknown',
      target: 'bow',
      params: '1 2',
      problem: 'the target is not known',
    });
    expect(decodeTable('constructor', '')).toMatchObject({ type: 'unknown', target: 'constructor' });
  });

  it('tolerates missing and extra fields at the end, as kernels append them', () => {
    expect(decode('thin-pool', '1 10/100 20/200 - rw discard_passdown x - 16 new 7')).toMatchObject({
      type: 'thin-pool',
      noSpace: 'x',
      metadataLowWatermark: 16,
    });
    expect(decode('integrity', '3')).toMatchObject({
      type: 'integrity',
      mismatches: 3,
      providedDataSectors: null,
      recalcSector: null,
      recalc: null,
    });
    expect(decode('dust', '7:0 bypass')).toMatchObject({ type: 'dust', verbosity: null });
    expect(decode('delay', '1 2')).toMatchObject({ type: 'delay', flushOps: null });
    expect(decode('snapshot', '16/1024')).toMatchObject({ state: 'ok', metadataSectors: null });
    expect(decode('writecache', '0 100 40 3')).toMatchObject({
      type: 'writecache',
      data: { used: 60, total: 100 },
      reads: null,
      discards: null,
    });
  });

  it('keeps counts above 2^53-1 exact', () => {
    expect(decode('thin', '18446744073709551615 9007199254740992')).toMatchObject({
      mappedSectors: 18446744073709551615n,
      highestMappedSector: 9007199254740992n,
    });
  });

  it('knows each target once, by the name that the kernel gives it', () => {
    expect(new Set(targetNames).size).toBe(targetNames.length);
    expect(targetNames.toSorted()).toEqual(
      (
        'cache clone crypt delay dust ebs era error flakey inlinecrypt integrity linear log-writes mirror ' +
        'multipath pcache raid snapshot snapshot-merge snapshot-origin striped switch thin thin-pool ' +
        'unstriped vdo verity writecache zero zoned'
      ).split(' '),
    );
  });

  it('understands an empty status of every target that has none', () => {
    const silent = targetNames.filter((name) => decode(name, '').type === name);
    expect(silent).toEqual(
      'linear snapshot-origin crypt inlinecrypt flakey zero error switch unstriped ebs'.split(' '),
    );
  });
});

describe('worstHealth', () => {
  it('is the worst of several, and ok of none', () => {
    expect(worstHealth(['busy', 'failed', 'ok', 'warning'])).toBe('failed');
    expect(worstHealth(['ok', 'busy'])).toBe('busy');
    expect(worstHealth([])).toBe('ok');
  });
});
