import { metricsOfTarget, targetNames } from '../targets/index.ts';
import type { Metric } from '../targets/metric.ts';
import { deviceFamilies } from './device-families.ts';
import type { Family } from './family.ts';
import { lvmFamilies } from './lvm-families.ts';
import { poolFamilies } from './pool-families.ts';
import { selfFamilies } from './self-families.ts';

/** A family with the names of its labels, and the states of a stateset. */
export interface Declared extends Family {
  readonly labels: readonly string[];
  readonly states: readonly string[];
}

/** The targets of which something is measured: each is a collector. */
export const measuredTargets: readonly string[] = targetNames.filter(
  (target) => metricsOfTarget(target).length > 0,
);

/** What can be switched on and off: `device`, each target of which something is measured, and `lvm`. */
export const collectorNames: readonly string[] = ['device', ...measuredTargets, 'lvm'];

/** The labels that tell the device of a target's series; `segment` only where a device has several such targets. */
export const targetLabels: readonly string[] = ['device', 'vg', 'lv', 'segment'];

/** The families of a collector, or, for `''`, those that the exporter has of itself. */
export function familiesOf(collector: string): readonly Declared[] {
  if (collector === '') return selfFamilies;
  if (collector === 'device') return deviceFamilies;
  if (collector === 'lvm') return lvmFamilies;
  const own = metricsOfTarget(collector).map(declared);
  return collector === 'thin-pool' ? [...own, ...poolFamilies] : own;
}

/** Every family there is, each once, in the order in which they are told. */
export const allFamilies: readonly Declared[] = [
  ...new Map(['', ...collectorNames].flatMap(familiesOf).map((family) => [family.name, family])).values(),
];

function declared({ name, type, help, unit, labels, states }: Metric<object, object>): Declared {
  const family = { name, type, help, labels: [...targetLabels, ...labels], states };
  return unit === undefined ? family : { ...family, unit };
}
