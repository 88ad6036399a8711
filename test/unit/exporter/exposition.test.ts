import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allFamilies } from '../../../lib/exporter/catalogue.ts';
import { encode } from '../../../lib/exporter/encode.ts';
import type { FamilySamples, Sample } from '../../../lib/exporter/family.ts';
import { params, vectors } from '../arbitraries.ts';
import { parseExposition } from './support/exposition.ts';
import { measure, type TestDevice } from './support/measure.ts';

const name = (): fc.Arbitrary<string> =>
  fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
    fc.constantFrom(
      '<script>',
      'a\nb',
      'a"b',
      'a\\',
      'a\\x20b',
      'a b',
      'a\\x5cx20b',
      'vg-lv',
      '__proto__',
      '\\xff',
    ),
    fc
      .array(fc.constantFrom('\\x20', '\\x5c', ' ', '\\', 'x20', '-', 'a'), { minLength: 1, maxLength: 5 })
      .map((parts) => parts.join('')),
  );
const targets = [...new Set(vectors.map(({ target }) => target)), 'error', 'foreign'];
const line = (): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 9, arbitrary: fc.tuple(fc.constantFrom(...targets), params()).map((words) => words.join(' ')) },
    // Words at random seldom make a path that is there twice.
    { weight: 1, arbitrary: fc.constant('multipath 2 0 0 0 1 1 A 0 2 0 8:0 A 1 8:0 F 2') },
  );
const number = (): fc.Arbitrary<string> => fc.constantFrom('8:0', '254:0', '254:1', '254:2', '', 'x', '-');
const device = (): fc.Arbitrary<TestDevice> =>
  fc.record({
    name: name(),
    uuid: fc.oneof(
      fc.constant(null),
      fc.string({ unit: 'binary' }),
      fc.constantFrom(`LVM-${'a'.repeat(64)}`, `LVM-${'a'.repeat(64)}-tpool`),
    ),
    status: fc.array(line(), { maxLength: 3 }),
    table: fc.array(line(), { maxLength: 3 }),
    below: fc.array(number(), { maxLength: 3 }),
    staleSince: fc.constantFrom(null, 5),
    openCount: fc.nat(),
    suspended: fc.boolean(),
  });
const devices = (): fc.Arbitrary<readonly TestDevice[]> =>
  fc.uniqueArray(device(), { selector: (each) => each.name, maxLength: 6 });

describe('whatever devices are called and whatever the kernel says of them', () => {
  it('every exposition is valid in both formats, and has every series once', async () => {
    await fc.assert(
      fc.asyncProperty(devices(), fc.boolean(), async (given, internal) => {
        const families = await measure(given, { internal });
        for (const format of ['text', 'openmetrics'] as const) {
          const parsed = parseExposition(encode(families, format), format);
          expect(parsed).toHaveLength(families.length);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('every device that is exported has its own label', async () => {
    await fc.assert(
      fc.asyncProperty(devices(), async (given) => {
        const families = await measure(given, { internal: true });
        const labels = families.find((family) => family.name === 'dm_device_openers')?.samples ?? [];
        expect(new Set(labels.map((sample) => sample.labels.device)).size).toBe(given.length);
      }),
    );
  });

  it('at most one state of a set holds, and no label is one that its family does not declare', async () => {
    await fc.assert(
      fc.asyncProperty(devices(), async (given) => {
        for (const family of await measure(given)) checkFamily(family);
      }),
      { numRuns: 200 },
    );
  });
});

function checkFamily({ name, type, samples }: FamilySamples): void {
  const declared = allFamilies.find((family) => family.name === name);
  const holding = new Map<string, number>();
  for (const { labels, value } of samples) {
    for (const label of Object.keys(labels)) expect(declared?.labels).toContain(label);
    if (type !== 'stateset') continue;
    expect(declared?.states).toContain(labels.state);
    expect([0, 1]).toContain(value);
    const { state: _, ...part } = labels;
    const key = JSON.stringify(part);
    holding.set(key, (holding.get(key) ?? 0) + Number(value));
  }
  for (const count of holding.values()) expect(count).toBeLessThanOrEqual(1);
}

describe('promtool check metrics', () => {
  // Every family there is, with all of its labels and states.
  const rich: readonly FamilySamples[] = allFamilies.map(({ name, type, help, unit, labels, states }) => {
    const known: Sample['labels'] = Object.fromEntries(labels.map((label) => [label, 'x']));
    const samples = (states.length === 0 ? [''] : states).map((state) => ({
      labels: state === '' ? known : { ...known, state },
      value: 1,
    }));
    return { name, type, help, ...(unit === undefined ? {} : { unit }), samples };
  });

  it('has nothing to say of any family', () => {
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
      input: encode(rich, 'text'),
      encoding: 'utf8',
    });
    expect({ status, said: stdout + stderr }).toEqual({ status: 0, said: '' });
    expect(rich.length).toBeGreaterThan(100);
  });

  it('is what finds a wrong name', () => {
    const wrong: FamilySamples = {
      name: 'dm_x_count',
      type: 'gauge',
      help: 'X.',
      samples: [{ labels: {}, value: 1 }],
    };
    const { status } = spawnSync('promtool', ['check', 'metrics'], { input: encode([wrong], 'text') });
    expect(status).not.toBe(0);
  });
});
