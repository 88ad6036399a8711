export { allFamilies, collectorNames, type Declared, familiesOf } from './catalogue.ts';
export { encode, encodeParts, type Format } from './encode.ts';
export type { ExporterOptions } from './exporter-options.ts';
export type { Family, FamilySamples, FamilyType, FamilyUnit, Sample } from './family.ts';
export { negotiate } from './negotiate.ts';
export {
  type MetricRegistry,
  type RegisterOptions,
  type Registration,
  registerMetrics,
} from './register.ts';
export { createExporter, type Exporter } from './server.ts';
export { type GatherOptions, type MetricsSource, openSource, type SourceOptions } from './source.ts';
