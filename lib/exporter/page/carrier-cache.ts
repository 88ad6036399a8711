import type { LiveRow } from '../../view/live-rows.ts';
import { type Carried, type Carrier, carriersOf, fatesOf } from './carriers.ts';
import type { Scene } from './live.ts';
import type { Topology } from './topology.ts';

/** Knows the disks and their volumes from one look to the next, and works out anew only what can have changed. */
export interface CarrierCache {
  carriers(scene: Scene, topology: Topology): readonly Carrier[];
  /** The fates of a disk's volumes; of many they are as old as milliseconds as there are volumes, at most. */
  fates(carrier: Carrier, scene: Scene, topology: Topology): readonly Carried[];
  /** The row of a volume, by the stored name of the device that speaks for it. */
  row(name: string, scene: Scene): LiveRow | undefined;
}

/** Starts with nothing. */
export function createCarrierCache(): CarrierCache {
  let names: readonly string[] = [];
  let places: ReadonlyMap<string, number> = new Map();
  let rowsSeen: readonly LiveRow[] | undefined;
  let from: { readonly names: readonly string[]; readonly topology: Topology } | undefined;
  let carriers: readonly Carrier[] = [];
  const known = new Map<
    string,
    { readonly of: Carrier; readonly at: number; readonly fates: readonly Carried[] }
  >();

  const lookAt = (rows: readonly LiveRow[]): void => {
    if (rows === rowsSeen) return;
    rowsSeen = rows;
    const isSame = rows.length === names.length && rows.every(({ name }, index) => name === names[index]);
    if (isSame) return;
    names = rows.map(({ name }) => name);
    places = new Map(names.map((name, index) => [name, index]));
  };

  return {
    carriers(scene, topology) {
      const rows = scene.rows(false);
      lookAt(rows);
      if (from?.names !== names || from.topology !== topology) {
        carriers = carriersOf(rows, topology, scene.current);
        from = { names, topology };
        known.clear();
      }
      return carriers;
    },
    fates(carrier, { current, at }, topology) {
      const before = known.get(carrier.number);
      if (before?.of === carrier && at - before.at < carrier.volumes.length && at >= before.at)
        return before.fates;
      const fates = fatesOf(carrier, topology, current);
      known.set(carrier.number, { of: carrier, at, fates });
      return fates;
    },
    row(name, scene) {
      const rows = scene.rows(false);
      lookAt(rows);
      return rows[places.get(name) ?? -1];
    },
  };
}
