import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { allFamilies } from '../../../lib/exporter/catalogue.ts';
import { encode } from '../../../lib/exporter/encode.ts';
import type { FamilySamples } from '../../../lib/exporter/family.ts';
import { registerMetrics } from '../../../lib/exporter/register.ts';
import type { MetricsSource } from '../../../lib/exporter/source.ts';
import { parseExposition } from './support/exposition.ts';
import { measure, type TestDevice } from './support/measure.ts';

/** A source whose devices come and go as the test says. */
function sourceOf(devices: readonly TestDevice[]) {
  const state = { devices, gathered: 0, closed: 0 };
  const source = {
    async gather(): Promise<readonly FamilySamples[]> {
      state.gathered++;
      return measure(state.devices);
    },
    close: () => {
      state.closed++;
    },
  };
  return { state, source: source as unknown as MetricsSource };
}

const rich: readonly TestDevice[] = [
  { name: 'one', status: ['verity V 3'], below: ['8:0'] },
  { name: 'a"b\\\n', status: ['raid raid1 2 AD 4/4 idle 0 0 -'] },
];

function devicesIn(body: string): ReadonlySet<string> {
  return new Set([...body.matchAll(/ ?device="([^"]*)"/g)].map(([, name = '']) => name));
}

describe('a registry of prom-client', () => {
  it('has the same series as the exporter, with the families that have none', async () => {
    const { source } = sourceOf(rich);
    const registry = new Registry();
    registerMetrics(registry, { source });
    const lines = (body: string): readonly string[] =>
      body
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#') && !line.includes('age_seconds'));
    expect(lines(await registry.metrics())).toEqual(lines(encode(await source.gather(), 'text')));
    expect((await registry.metrics()).match(/^# TYPE /gm)).toHaveLength(allFamilies.length);
  });

  it('gathers once a scrape', async () => {
    const { source, state } = sourceOf(rich);
    const registry = new Registry();
    registerMetrics(registry, { source });
    await registry.metrics();
    expect(state.gathered).toBe(1);
    await registry.metrics();
    expect(state.gathered).toBe(2);
  });

  it('has no series of what is gone and none twice, however often devices come and go', async () => {
    const { source, state } = sourceOf([]);
    const registry = new Registry();
    registerMetrics(registry, { source });
    for (let round = 0; round < 50; round++) {
      state.devices = [{ name: `dev${round}`, status: ['verity V'] }, ...(round % 2 === 0 ? rich : [])];
      const body = await registry.metrics();
      const expected = [`dev${round}`, ...(round % 2 === 0 ? ['one', 'a\\'] : [])];
      expect([...devicesIn(body)].sort()).toEqual(expected.sort());
      const series = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
      const names = series.map((line) => line.slice(0, line.lastIndexOf(' ')));
      expect(new Set(names).size).toBe(names.length);
    }
  });

  it('is valid OpenMetrics too, and text again after that', async () => {
    const { source } = sourceOf(rich);
    const registry = new Registry();
    registerMetrics(registry, { source });
    const before = await registry.metrics();
    const open = registry as unknown as Registry<typeof Registry.OPENMETRICS_CONTENT_TYPE>;
    open.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    const body = await open.metrics();
    expect(body).toMatch(/^# TYPE dm_device_events counter$/m);
    expect(body).toMatch(/^dm_device_events_total\{device="one"\} 5$/m);
    registry.setContentType(Registry.PROMETHEUS_CONTENT_TYPE);
    const withoutAge = (text: string): string => text.replace(/^dm_device_status_age_seconds\{.*$/gm, '');
    expect(withoutAge(await registry.metrics())).toBe(withoutAge(before));
  });

  it('adds its default labels, and gives its values as JSON', async () => {
    const { source } = sourceOf(rich);
    const registry = new Registry();
    registry.setDefaultLabels({ rack: 'r1' });
    registerMetrics(registry, { source });
    expect(await registry.metrics()).toContain('dm_verity_corrupted{device="one",rack="r1"} 0');
    const json = await registry.getMetricsAsJSON();
    expect(json.find((metric) => metric.name === 'dm_verity_corrupted')).toMatchObject({
      aggregator: 'first',
      values: [{ labels: { device: 'one', rack: 'r1' }, value: 0 }],
    });
    registry.resetMetrics();
    expect(await registry.metrics()).toContain('dm_verity_corrupted{device="one",rack="r1"} 0');
  });

  it('can be one of two', async () => {
    const { source, state } = sourceOf(rich);
    const [one, other] = [new Registry(), new Registry()];
    const first = registerMetrics(one, { source });
    registerMetrics(other, { source });
    first.unregister();
    first.unregister();
    expect(await one.metrics()).toBe('\n');
    expect([...devicesIn(await other.metrics())].sort()).toEqual(['a\\', 'one']);
    expect(state.closed).toBe(0);
    registerMetrics(one, { source });
    expect(devicesIn(await one.metrics()).size).toBe(2);
  });

  it('is left as it was if a name is taken', async () => {
    const { source } = sourceOf(rich);
    const registry = new Registry();
    const taken = {
      name: 'dm_verity_corrupted',
      get: async () => ({ name: 'x', help: 'x', type: 'gauge', values: [] }),
    };
    registry.registerMetric(taken as never);
    expect(() => registerMetrics(registry, { source })).toThrow(
      'dm_verity_corrupted has already been registered',
    );
    expect(registry.getMetricsAsArray()).toEqual([taken]);
  });

  it('must be one', () => {
    expect(() => registerMetrics({} as never)).toThrow(TypeError);
    expect(() => registerMetrics(null as never)).toThrow(TypeError);
  });
});

it('the parser of these tests refuses a series that is there twice', () => {
  const twice = '# HELP x X.\n# TYPE x gauge\nx{a="1",b="2"} 1\nx{b="2",a="1"} 1\n';
  expect(() => parseExposition(twice, 'text')).toThrow('twice');
});
