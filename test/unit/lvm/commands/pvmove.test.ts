import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pvmove, pvmoveAbort } from '../../../../lib/lvm/commands/pvmove.ts';
import { commandLine } from '../../../../lib/lvm/operation.ts';

describe('the command line of pvmove', () => {
  it('begins it in the background, with all devices behind --', () => {
    expect(commandLine(pvmove, '/dev/sdb', {}).argv).toEqual(['pvmove', '--background', '--', '/dev/sdb']);
    const options = {
      to: ['/dev/sdc', '/dev/sdd:0-99'],
      name: 'data',
      atomic: true,
      alloc: 'anywhere',
    } as const;
    expect(commandLine(pvmove, '/dev/sdb:5-9', options).argv).toEqual([
      ...['pvmove', '--background', '--name', 'data', '--atomic', '--alloc', 'anywhere'],
      ...['--', '/dev/sdb:5-9', '/dev/sdc', '/dev/sdd:0-99'],
    ]);
    expect(commandLine(pvmoveAbort, '/dev/sdb', {}).argv).toEqual(['pvmove', '--abort', '--', '/dev/sdb']);
  });

  it('refuses what is no device, volume or word', () => {
    for (const device of ['sdb', '-n', '/dev/../etc', '', '/etc/passwd'])
      expect(() => commandLine(pvmove, device, {})).toThrow(TypeError);
    expect(() => commandLine(pvmove, '/dev/sdb', { name: '-x' })).toThrow(TypeError);
    expect(() => commandLine(pvmove, '/dev/sdb', { to: [] })).toThrow(TypeError);
    expect(() => commandLine(pvmove, '/dev/sdb', { alloc: 'any' as never })).toThrow(TypeError);
  });

  it('never makes an option of what a caller gives, whatever it is', () => {
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom('--abort', '-n', '/dev/sdb', '/dev/a b', 'lv', '/dev/--x'),
    );
    fc.assert(
      fc.property(text, fc.array(text, { minLength: 1, maxLength: 4 }), text, (source, to, name) => {
        let argv: readonly string[];
        try {
          ({ argv } = commandLine(pvmove, source, { to, name }));
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError);
          return;
        }
        const [at, end] = [argv.indexOf('--name'), argv.indexOf('--')];
        expect(argv[at + 1]).toBe(name);
        expect(name.startsWith('-')).toBe(false);
        expect(argv.slice(end + 1)).toEqual([source, ...to]);
        expect(argv.slice(0, end)).toEqual(['pvmove', '--background', '--name', name]);
      }),
    );
  });
});
