import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const lib = fileURLToPath(new URL('../../lib', import.meta.url));
const targetFiles = readdirSync(join(lib, 'targets'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => join('targets', name));
const monitorFiles = readdirSync(join(lib, 'monitor'))
  .filter((name) => /^(changes.*|usage|forecast|progress|queue|types)\.ts$/.test(name))
  .map((name) => join('monitor', name));
const pure = ['units.ts', 'fields.ts', ...targetFiles, ...monitorFiles];

it('finds the files it is to look at', () => {
  expect(targetFiles.length).toBeGreaterThan(30);
  expect(monitorFiles.length).toBeGreaterThan(12);
});

it.each(pure)('%s imports nothing that touches the system', (file) => {
  expect(importsOf(file).filter((name) => !pure.includes(name))).toEqual([]);
});

it.each(pure)('%s names no global that touches the system', (file) => {
  const code = readFileSync(join(lib, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
  expect(code).not.toMatch(
    /\b(process|globalThis|require|fetch|console|Date|performance|setTimeout|eval)\b[.([]/,
  );
});

function importsOf(file: string): readonly string[] {
  // A type is erased, and touches nothing.
  const code = readFileSync(join(lib, file), 'utf8').replace(/^import type [^;]*;/gm, '');
  const specifiers = code.matchAll(/\b(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g);
  return [...specifiers].map(([, specifier = '']) =>
    specifier.startsWith('.') ? relative(lib, join(lib, dirname(file), specifier)) : specifier,
  );
}
