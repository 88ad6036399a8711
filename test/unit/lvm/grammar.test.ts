import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { operations } from '../../../lib/lvm/commands/index.ts';
import { callsOf, commandLineOf, subjectsOf, valuesOf } from './support/calls.ts';
import { flatten } from './support/document.ts';
import { complaints, grammars, optionWords, unknownOptions } from './support/grammar.ts';

const all = flatten(operations);
const [old, latest] = grammars;
if (old === undefined || latest === undefined) throw new Error('no grammars');

describe.each(all)('%s', (_, operation) => {
  it('has a value for each of its options, so that nothing of it is left out here', () => {
    expect(subjectsOf(operation)).not.toEqual([]);
    const never = Object.keys(operation.options).filter((name) => valuesOf(operation, name).length === 0);
    expect(never).toEqual([]);
  });

  it("makes of any options a command line that lvm's own grammar takes", () => {
    let refused = 0;
    fc.assert(
      fc.property(callsOf(operation), fc.boolean(), (call, yes) => {
        const argv = commandLineOf(operation, call, yes)?.argv;
        if (argv === undefined) return void refused++;
        expect(complaints(latest, argv), argv.join(' ')).toEqual([]);
        // What the older one does not know, it is only to be wrong about.
        const unknown = unknownOptions(old, argv);
        if (unknown.length === 0) expect(complaints(old, argv), argv.join(' ')).toEqual([]);
        else expect(newSince16).toEqual(expect.arrayContaining([...unknown]));
      }),
      { numRuns: 200 },
    );
    expect(refused).toBeLessThan(200);
  });

  it('never lets a text of the caller become an option', () => {
    const hyphens = fc.stringMatching(/^-{1,3}[a-z]{0,12}(?:=[^\0]{0,8})?$/);
    fc.assert(
      fc.property(callsOf(operation), hyphens, fc.nat(), (call, text, which) => {
        const places = strings(call);
        const argv = commandLineOf(operation, replaced(call, which % Math.max(1, places), text))?.argv;
        if (argv === undefined || places === 0) return;
        const usual = new Set(optionWords(latest, commandLineOf(operation, call)?.argv ?? []));
        const words = optionWords(latest, argv).filter((word) => !usual.has(word));
        expect(words.filter((word) => word === text || !/^--[a-z]+=/.test(word))).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});

describe('the grammar', () => {
  it.each([
    [
      'an option that is not of the command',
      ['lvcreate', '--type', 'linear', '--size', '4m', '--bogus', '--', 'vg'],
    ],
    [
      'an option of another form',
      ['lvcreate', '--type', 'linear', '--size', '4m', '--cachepool', 'c', '--', 'vg'],
    ],
    ['a type that there is not', ['lvcreate', '--type', 'quick', '--size', '4m', '--', 'vg']],
    ['a required option that is missing', ['lvcreate', '--type', 'linear', '--', 'vg']],
    ['none of the options of which one has to be there', ['vgchange', '--', 'vg']],
    ['an operand too many', ['vgrename', '--', 'vg', 'to', 'more']],
    ['an operand that is missing', ['vgrename', '--', 'vg']],
    ['an option twice', ['lvcreate', '--type', 'linear', '--size', '4m', '--name', 'a', '--name', 'b', 'vg']],
    [
      'options that do not go together',
      ['pvcreate', '--norestorefile', '--restorefile', '/f', '--', '/dev/sdb'],
    ],
    ['no such command', ['lvcrate', '--', 'vg']],
  ])('says no to %s', (_, argv) => {
    for (const grammar of grammars) expect(complaints(grammar, argv)).not.toEqual([]);
  });

  it('knows which words are options', () => {
    const argv = ['lvcreate', '--name', '--yes', '--addtag=--x', '--test', '--', '--force'];
    expect(optionWords(latest, argv)).toEqual(['--name', '--addtag=--x', '--test']);
  });
});

// fsadm's part came to lvm itself with 2.03.17.
const newSince16 = ['--fs', '--fsmode'];

// How many texts are in a value.
function strings(value: unknown): number {
  if (typeof value === 'string') return 1;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce((sum: number, each: unknown) => sum + strings(each), 0);
}

// The same value with one of its texts replaced.
function replaced<T>(value: T, which: number, text: string): T {
  let at = 0;
  const walk = (each: unknown): unknown => {
    if (typeof each === 'string') return at++ === which ? text : each;
    if (Array.isArray(each)) return each.map(walk);
    if (typeof each !== 'object' || each === null) return each;
    return Object.fromEntries(Object.entries(each).map(([key, one]) => [key, walk(one)]));
  };
  return walk(value) as T;
}
