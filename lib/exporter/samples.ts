import type { Reading } from '../targets/metric.ts';
import type { Family, FamilySamples, Sample } from './family.ts';

/** Series by family, in the making. */
export interface Samples {
  /** Adds a series; throws an Error for a family that was not named at the beginning. */
  add(family: Family, labels: Sample['labels'], value: Sample['value'] | boolean): void;
  /** All families that have series, in the order in which they were named. */
  families(): readonly FamilySamples[];
}

/** Starts with no series of any of these families. */
export function emptySamples(families: readonly Family[]): Samples {
  const byName = new Map(families.map((family) => [family.name, { family, samples: [] as Sample[] }]));
  return {
    add(family, labels, value) {
      const entry = byName.get(family.name);
      if (entry === undefined) throw new Error(`${family.name} is no known family`);
      entry.samples.push({ labels, value: typeof value === 'boolean' ? Number(value) : value });
    },
    families: () =>
      [...byName.values()].flatMap(({ family: { name, type, help, unit }, samples }) => {
        if (samples.length === 0) return [];
        return [unit === undefined ? { name, type, help, samples } : { name, type, help, unit, samples }];
      }),
  };
}

/** The readings without those whose labels another one before them has: a kernel can say anything. */
export function distinct(readings: readonly Reading[]): readonly Reading[] {
  if (readings.length < 2) return readings;
  const seen = new Set<string>();
  return readings.filter(({ labels }) => {
    const key = JSON.stringify(Object.entries(labels).filter(([, value]) => value !== ''));
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
}
