import { bytesOf } from '../targets/metric.ts';
import type { Count } from '../units.ts';
import type { Declared } from './catalogue.ts';
import type { Samples } from './samples.ts';

const labels = ['device', 'vg', 'lv'];

const volumes: Declared = {
  name: 'dm_thin_pool_active_volumes',
  type: 'gauge',
  help: 'Thin volumes of the pool that are active. Of others the kernel knows nothing.',
  labels,
  states: [],
};
const virtual: Declared = {
  name: 'dm_thin_pool_active_virtual_bytes',
  type: 'gauge',
  help: 'Size of the thin volumes of the pool that are active: more than its own size is overcommitted.',
  unit: 'bytes',
  labels,
  states: [],
};

/** The families of a pool that its volumes tell. */
export const poolFamilies: readonly Declared[] = [volumes, virtual];

/** A pool or a thin volume. */
export interface PoolMember {
  /** `major:minor` of the pool. */
  readonly pool: string;
  /** Sectors of 512 bytes. */
  readonly sectors: Count;
}

/** Adds the series of one pool, whose volumes are among these. */
export function addPool(
  samples: Samples,
  pool: { readonly number: string; readonly labels: Readonly<Record<string, string>> },
  thins: readonly PoolMember[],
): void {
  const members = thins.filter((thin) => thin.pool === pool.number);
  samples.add(volumes, pool.labels, members.length);
  const sum = members.reduce((sum, { sectors }) => sum + BigInt(sectors), 0n);
  samples.add(virtual, pool.labels, bytesOf(sum) ?? 0);
}
