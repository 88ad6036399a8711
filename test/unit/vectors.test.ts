import { describe, expect, it } from 'vitest';
import { decode, decodeTable } from '../../lib/targets/index.ts';
import { type Vector, vectors } from './arbitraries.ts';
import { vectorMapping } from './vector-mapping.ts';

describe('every vector', () => {
  it('is there', () => {
    expect(vectors).toHaveLength(209);
  });

  it.each(vectors)('$target $kind "$line" ($origin)', (vector) => {
    const decoded = decodeVector(vector);
    expect(decoded.params).toBe(vector.line);
    if (vector.expect.error === true) {
      expect(decoded).toMatchObject({ type: 'unknown', target: vector.target, problem: expect.any(String) });
      return;
    }
    expect(decoded).not.toHaveProperty('problem');
    expect(decoded.type).toBe(vector.target);
    const named = inVectorNames(vector, decoded);
    expect(Object.keys(named)).toEqual(expect.arrayContaining(Object.keys(vector.expect)));
    const asked = Object.fromEntries(Object.keys(vector.expect).map((key) => [key, named[key]]));
    expect(plain(asked)).toStrictEqual(vector.expect);
  });
});

function decodeVector({ kind, target, line }: Vector) {
  return kind === 'status' ? decode(target, line) : decodeTable(target, line);
}

function inVectorNames({ kind, target }: Vector, decoded: object): Readonly<Record<string, unknown>> {
  const byTarget = vectorMapping as Readonly<
    Record<string, Readonly<Record<string, (decoded: object) => Readonly<Record<string, unknown>>>>>
  >;
  const map = byTarget[target]?.[kind];
  if (map === undefined) throw new Error(`vector-mapping.ts has no entry for a ${kind} of ${target}`);
  return map(decoded);
}

// The vectors are JSON: a number above 2^53-1 is a decimal string there.
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? String(inner) : inner)));
}
