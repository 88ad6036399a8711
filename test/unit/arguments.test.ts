import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { requireOnly, requireSignal, requireTimeout, toSelector } from '../../lib/arguments.ts';

describe('a device selector', () => {
  it('is a name, and stays one whatever it looks like', () => {
    expect(toSelector('vg-lv')).toEqual({ name: 'vg-lv' });
    expect(toSelector('253:4')).toEqual({ name: '253:4' });
    expect(toSelector('-rf')).toEqual({ name: '-rf' });
  });

  it('is an LVM volume where it has one slash', () => {
    expect(toSelector('my-vg/lv')).toEqual({ name: 'my--vg-lv' });
  });

  it('is the number behind a path below /dev', () => {
    expect(() => toSelector('/dev/null')).toThrow('"device" must be the path of a block device');
    expect(() => toSelector('/dev/nowhere')).toThrow(/ENOENT/);
    expect(() => toSelector('/etc/passwd')).toThrow('a path below /dev');
  });

  it('is one property that names it', () => {
    expect(toSelector({ uuid: 'LVM-x' })).toEqual({ uuid: 'LVM-x' });
    expect(toSelector({ major: 253, minor: 0 })).toEqual({ major: 253, minor: 0 });
  });

  it.each([
    ['', 'ERR_INVALID_ARG_VALUE'],
    ['a\0b', 'ERR_INVALID_ARG_VALUE'],
    ['x'.repeat(128), 'ERR_INVALID_ARG_VALUE'],
    ['ü'.repeat(64), 'ERR_INVALID_ARG_VALUE'],
    ['/etc', 'ERR_INVALID_ARG_VALUE'],
    ['a/b/c', 'ERR_INVALID_ARG_VALUE'],
    ['a/', 'ERR_INVALID_ARG_VALUE'],
    [7, 'ERR_INVALID_ARG_TYPE'],
    [null, 'ERR_INVALID_ARG_TYPE'],
    [{}, 'ERR_INVALID_ARG_TYPE'],
    [{ name: 'a/b' }, 'ERR_INVALID_ARG_VALUE'],
    [{ name: 'a', uuid: 'b' }, 'ERR_INVALID_ARG_VALUE'],
    [{ uuid: 'x'.repeat(129) }, 'ERR_INVALID_ARG_VALUE'],
    [{ major: 1 }, 'ERR_INVALID_ARG_TYPE'],
    [{ major: -1, minor: 0 }, 'ERR_OUT_OF_RANGE'],
    [{ major: 1.5, minor: 0 }, 'ERR_OUT_OF_RANGE'],
    [{ major: Number.NaN, minor: 0 }, 'ERR_OUT_OF_RANGE'],
    [{ major: 1, minor: 2 ** 20 }, 'ERR_OUT_OF_RANGE'],
  ])('%j is refused with %s', (device, code) => {
    expect(() => toSelector(device as string)).toThrow(expect.objectContaining({ code }));
  });

  it('any text gives a name, a volume, or an error with a code', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        try {
          expect(toSelector(text)).toHaveProperty('name');
        } catch (error) {
          expect(error).toHaveProperty('code');
        }
      }),
    );
  });
});

describe('options', () => {
  it('that are not known are refused by name, with those that are', () => {
    expect(() => requireOnly({ timeOut: 1 }, ['timeout', 'signal'])).toThrow(
      '"options.timeOut" must be left out: known are timeout, signal',
    );
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31])(
    'a timeout of %s is out of range',
    (timeout) => {
      expect(() => requireTimeout(timeout)).toThrow(expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }));
    },
  );

  it('a timeout that is no number and a signal that is none are TypeErrors', () => {
    expect(() => requireTimeout('5')).toThrow(TypeError);
    expect(() => requireSignal({})).toThrow(TypeError);
  });
});
