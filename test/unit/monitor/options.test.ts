import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toSettings } from '../../../lib/monitor/options.ts';

describe('the options of a monitor', () => {
  it('have defaults: everything, once a second, 80, 90 and 95 %', () => {
    expect(toSettings({})).toMatchObject({
      interval: 1000,
      deadline: 1000,
      thresholds: [0.8, 0.9, 0.95],
      hysteresis: 0.02,
      keepAlive: false,
    });
    expect(toSettings({}).watches('any-name')).toBe(true);
  });

  it.each([
    [['vg-*'], [], 'vg-lv', true],
    [['vg-*'], [], 'other', false],
    [['*-real', 'a'], [], 'vg-lv-real', true],
    [['*'], ['*_mlog', '*_mimage_*'], 'vg-m_mimage_0', false],
    [['a*b*c'], [], 'axxbyyc', true],
    [['a*b*c'], [], 'axxcyyb', false],
    [['ab*ba'], [], 'aba', false],
    [['a.c'], [], 'abc', false],
    [[], [], 'x', false],
  ])('include %j and exclude %j: %s is watched: %s', (include, exclude, name, watched) => {
    expect(toSettings({ include, exclude }).watches(name)).toBe(watched);
  });

  it('a glob fits what it was made from, whatever stands for its stars', () => {
    const part = fc.string({ unit: fc.constantFrom('a', 'b', '-', '.') });
    fc.assert(
      fc.property(fc.array(part, { minLength: 1 }), fc.array(part), (parts, fillers) => {
        const name = parts
          .map((text, index) => text + (index < parts.length - 1 ? (fillers[index] ?? '') : ''))
          .join('');
        expect(toSettings({ include: [parts.join('*')] }).watches(name)).toBe(true);
      }),
    );
  });

  it.each([
    [{ intervall: 5 }, 'ERR_INVALID_ARG_VALUE'],
    [{ interval: 0 }, 'ERR_OUT_OF_RANGE'],
    [{ deadline: Number.NaN }, 'ERR_OUT_OF_RANGE'],
    [{ include: 'vg' }, 'ERR_INVALID_ARG_TYPE'],
    [{ exclude: [1] }, 'ERR_INVALID_ARG_TYPE'],
    [{ thresholds: [1.5] }, 'ERR_OUT_OF_RANGE'],
    [{ thresholds: 0.9 }, 'ERR_INVALID_ARG_TYPE'],
    [{ hysteresis: -1 }, 'ERR_OUT_OF_RANGE'],
    [{ keepAlive: 1 }, 'ERR_INVALID_ARG_TYPE'],
    [{ signal: {} }, 'ERR_INVALID_ARG_TYPE'],
    [{ extentSectors: 0 }, 'ERR_OUT_OF_RANGE'],
  ])('%j is refused with %s', (options, code) => {
    expect(() => toSettings(options as object)).toThrow(expect.objectContaining({ code }));
  });
});
