import { invalidType } from '../arguments.ts';
import { allFamilies } from './catalogue.ts';
import type { Family, FamilySamples } from './family.ts';
import { type MetricsSource, openSource, type SourceOptions } from './source.ts';

/** As much of a prom-client `Registry` as is needed. */
export interface MetricRegistry {
  registerMetric(metric: never): void;
  removeSingleMetric(name: string): void;
  readonly contentType: string;
}

/** What to register: the families of a source that there is already, or of a new one with these options. */
export type RegisterOptions =
  | SourceOptions
  | {
      readonly source: MetricsSource;
      /** Milliseconds that a gathering may take, see `GatherOptions`. */
      readonly gatherDeadline?: number | undefined;
    };

/** What was registered. */
export interface Registration {
  readonly source: MetricsSource;
  /** Takes the families out of the registry, and closes the source if it was opened for it. May be called again. */
  unregister(): void;
}

/**
 * Registers all families with a registry of prom-client. Each scrape of it gathers once, and has the series of just
 * that moment: none that is gone, none twice. Values beyond 2^53 are rounded, as prom-client takes numbers only. Throws
 * an Error, and leaves the registry as it was, if one of the names is taken.
 */
export function registerMetrics(registry: MetricRegistry, options: RegisterOptions = {}): Registration {
  if (typeof (registry as { registerMetric?: unknown } | null)?.registerMetric !== 'function')
    throw invalidType('registry', 'a Registry of prom-client', registry);
  const isGiven = 'source' in options;
  const source = isGiven ? options.source : openSource(options);
  const deadline = isGiven ? options.gatherDeadline : undefined;
  const registered: string[] = [];

  // A registry asks all of its metrics in one go: they share what is gathered for the first of them.
  let gathering: Promise<ReadonlyMap<string, FamilySamples>> | undefined;
  const gather = (): Promise<ReadonlyMap<string, FamilySamples>> => {
    gathering ??= source
      .gather({ deadline })
      .then((families) => new Map(families.map((family) => [family.name, family])))
      .finally(() => {
        gathering = undefined;
      });
    return gathering;
  };

  const unregister = (): void => {
    for (const name of registered.splice(0)) registry.removeSingleMetric(name);
    if (!isGiven) source.close();
  };

  try {
    for (const family of allFamilies) {
      registry.registerMetric(metricOf(registry, family, gather) as never);
      registered.push(family.name);
    }
  } catch (error) {
    unregister();
    throw error;
  }
  return { source, unregister };
}

function metricOf(
  registry: MetricRegistry,
  family: Family,
  gather: () => Promise<ReadonlyMap<string, FamilySamples>>,
) {
  const type = family.type === 'counter' ? 'counter' : 'gauge';
  return {
    // For OpenMetrics prom-client takes the ending off a counter's name, for good, and puts it on each series.
    get name() {
      return family.name;
    },
    set name(_) {},
    help: family.help,
    type,
    // In a cluster each worker sees the same devices.
    aggregator: 'first',
    async get() {
      const samples = (await gather()).get(family.name)?.samples ?? [];
      const isOpenMetrics = registry.contentType.startsWith('application/openmetrics-text');
      return {
        name: isOpenMetrics && type === 'counter' ? family.name.replace(/_total$/, '') : family.name,
        help: family.help,
        type,
        aggregator: 'first',
        values: samples.map(({ labels, value }) => ({ labels: withoutEmpty(labels), value: Number(value) })),
      };
    },
    reset() {},
  };
}

function withoutEmpty(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ''));
}
