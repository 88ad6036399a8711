import { metricsOfTarget, type Status } from '../targets/index.ts';
import { distinct, type Samples } from './samples.ts';
import type { Placed, Stack } from './stack.ts';

/** A target of a device that is exported. */
export interface PlacedSegment {
  readonly placed: Placed;
  /** The labels that name the device and, if it has several such targets, which it is. */
  readonly labels: Readonly<Record<string, string>>;
  readonly index: number;
  /** In sectors of 512 bytes. */
  readonly length: number;
  readonly status: Status;
}

/** The targets of these devices by their kind. */
export function segmentsByTarget(devices: readonly Placed[]): ReadonlyMap<string, readonly PlacedSegment[]> {
  const byTarget = new Map<string, PlacedSegment[]>();
  for (const placed of devices) {
    const { segments } = placed.device;
    const { volume } = placed.identity;
    const counts = new Map<string, number>();
    for (const { status } of segments)
      counts.set(familyKey(status), (counts.get(familyKey(status)) ?? 0) + 1);
    segments.forEach(({ length, status }, index) => {
      const isOneOfMany = (counts.get(familyKey(status)) ?? 0) > 1;
      const labels = isOneOfMany ? { ...volume, segment: String(index) } : volume;
      const found = byTarget.get(status.type);
      const segment = { placed, labels, index, length, status };
      if (found === undefined) byTarget.set(status.type, [segment]);
      else found.push(segment);
    });
  }
  return byTarget;
}

/** Adds the series of targets of one kind. */
export function addTargets(
  samples: Samples,
  target: string,
  segments: readonly PlacedSegment[],
  stack: Stack,
): void {
  const metrics = metricsOfTarget(target);
  for (const { placed, labels, index, length, status } of segments) {
    const table = placed.makeup?.tables[index];
    const place = {
      table: table?.type === status.type ? table : undefined,
      backing: stack.backing,
      name: stack.name,
      sectors: length,
    };
    for (const metric of metrics)
      for (const reading of distinct(metric.read(status, place)))
        samples.add(
          metric,
          isEmpty(reading.labels) ? labels : { ...labels, ...reading.labels },
          reading.value,
        );
  }
}

// A snapshot and one that merges share their families.
function familyKey({ type }: Status): string {
  return type === 'snapshot-merge' ? 'snapshot' : type;
}

function isEmpty(labels: Readonly<Record<string, string>>): boolean {
  for (const _ in labels) return false;
  return true;
}
