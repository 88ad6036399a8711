import { beforeAll, describe, expect, it } from 'vitest';
import { operations } from '../../../lib/lvm/commands/index.ts';
import { flatten } from './support/document.ts';
import { type Hover, hovers } from './support/hover.ts';

const all = flatten(operations);
const families = Object.keys(operations);

const places: readonly { readonly what: string; readonly code: string; readonly must?: boolean }[] = [
  ...families.map((family) => ({ what: family, code: `lvm./*here*/${family};` })),
  ...all.map(([path]) => ({ what: path, code: `lvm.${path.replace(/(\w+)$/, '/*here*/$1')};` })),
  ...all.map(([path]) => ({
    what: `a call of ${path}`,
    code: `lvm.${path.replace(/(\w+)$/, '/*here*/$1')}(...({} as Parameters<typeof lvm.${path}>));`,
  })),
  ...all.flatMap(([path, { options }]) =>
    Object.entries(options).map(([name, { required }]) => ({
      must: required,
      what: `${path}: ${name}`,
      code: `declare const o${path.replace('.', '_')}_${name}: OptionsOf<typeof lvm.${path}>; o${path.replace('.', '_')}_${name}./*here*/${name};`,
    })),
  ),
];

const program = `
import type { Bytes, Lvm } from './lvm/index.js';
declare const lvm: Lvm;
type OptionsOf<F extends (...call: never) => unknown> = NonNullable<Extract<Parameters<F>[1] | Parameters<F>[0], { readonly signal?: unknown }>>;
declare const size: Bytes;
lvm.lvcreate./*here*/mirror('vg/a', { /*here*/size, mirrors: 1, /*here*/mirrorLog: 'disk', /*here*/wipeSignatures: true });
${places.map(({ code }) => code).join('\n')}
`;

describe('what an editor shows of the published declarations', () => {
  let found: readonly Hover[];
  beforeAll(() => {
    found = hovers(program);
  }, 120_000);

  it('of lvm.lvcreate.mirror and of its options, where they are written, is what they are', () => {
    const [mirror, size, mirrorLog, wipeSignatures] = found;
    expect(mirror?.text).toContain('options: LvcreateMirrorOptions & CallOptions');
    expect(mirror?.documentation).toMatch(/^Makes a mirror /);
    expect(size?.documentation).toMatch(/^Its size; LVM rounds it up/);
    expect(mirrorLog?.documentation).toMatch(/^Where to keep which regions are in sync/);
    expect(wipeSignatures?.documentation).toMatch(/^What to do with signatures/);
  });

  it('of every function and every option has a docstring', () => {
    const without = places.filter(
      (_place, index) => !/^\S.+[.:`)]$/s.test(found[index + 4]?.documentation ?? ''),
    );
    expect(without.map(({ what }) => what)).toEqual([]);
  });

  it('of every function names the type of its options, or that it has none', () => {
    const unnamed = all.filter(
      (_one, index) =>
        !/Bound<[^<>{}]*, (?:\w+<)?\w+Options\b[^<>{}]*>?, (?:\w+|Readonly<Record<never, never>>)>/.test(
          found[index + 4 + families.length]?.text ?? '',
        ),
    );
    expect(unnamed.map(([path]) => path)).toEqual([]);
  });

  it('of every option tells whether it must be given', () => {
    const first = places.findIndex(({ must }) => must !== undefined);
    const wrong = places
      .slice(first)
      .filter(
        ({ must }, index) => /^\(property\) .*?\?:/.test(found[first + index + 4]?.text ?? '') === must,
      );
    expect(wrong.map(({ what }) => what)).toEqual([]);
  });
});
