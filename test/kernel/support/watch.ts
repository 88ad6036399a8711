import { onTestFinished } from 'vitest';
import type { Change, ChangeKind, DeviceMapper, Monitor, MonitorOptions } from '../../../lib/index.ts';

/** A change with the moment at which it was told, on the clock of `performance.now()`. */
export type Told = Change & { readonly toldAt: number };

/** A monitor all of whose changes are written down. */
export interface Watch {
  readonly monitor: Monitor;
  /** All that was told so far, in order. */
  readonly told: readonly Told[];
  /**
   * The kinds of what was told of the device with this name, in order. Several `progressed` in a row count once, and
   * the first table of a new device, which may be seen without, is left out.
   */
  readonly kindsOf: (name: string) => readonly ChangeKind[];
  /** Waits for the first change of this kind of the device with this name; throws an Error with all that was told. */
  readonly seen: <K extends ChangeKind>(
    kind: K,
    name: string,
    seconds?: number,
  ) => Promise<Extract<Told, { readonly kind: K }>>;
  /** Forgets what was told. */
  readonly forget: () => void;
}

/** Starts a monitor that ends with the test, and waits for its first look. What that look sees is not written down. */
export async function watch(dm: DeviceMapper, options: MonitorOptions = {}): Promise<Watch> {
  const monitor = dm.monitor(options);
  onTestFinished(() => monitor.close());
  await monitor.ready;
  const told: Told[] = [];
  const wakes = new Set<() => void>();
  monitor.on((change) => {
    told.push({ ...change, toldAt: performance.now() });
    for (const wake of [...wakes]) wake();
  });
  return {
    monitor,
    told,
    kindsOf: (name) =>
      told
        .filter((change) => nameOf(change) === name && !isFirstTable(change))
        .map(({ kind }) => kind)
        .filter((kind, index, kinds) => kind !== 'progressed' || kinds[index - 1] !== 'progressed'),
    seen: <K extends ChangeKind>(kind: K, name: string, seconds = 30) =>
      new Promise<Extract<Told, { readonly kind: K }>>((resolve, reject) => {
        const stop = (): void => {
          clearTimeout(timer);
          wakes.delete(look);
        };
        const look = (): void => {
          const found = told.find((change) => change.kind === kind && nameOf(change) === name);
          if (found === undefined) return;
          stop();
          resolve(found as Extract<Told, { readonly kind: K }>);
        };
        const timer = setTimeout(() => {
          stop();
          reject(new Error(`no ${kind} of ${name} after ${seconds} s, but ${told.map(describe).join(', ')}`));
        }, seconds * 1000);
        wakes.add(look);
        look();
      }),
    forget: () => {
      told.length = 0;
    },
  };
}

/**
 * The kinds without those that a look may or may not catch: a device is suspended for the moment in which it gets a
 * table.
 */
export function lasting(kinds: readonly ChangeKind[]): readonly ChangeKind[] {
  return kinds.filter((kind) => kind !== 'device-suspended' && kind !== 'device-resumed');
}

/** The name of the device that a change is about; `''` if it is about none. */
export function nameOf(change: Change): string {
  return 'device' in change ? change.device.name : '';
}

// A device is made in two steps: without a table, then with its first one.
function isFirstTable(change: Change): boolean {
  return change.kind === 'table-replaced' && change.before.length === 0;
}

function describe(change: Change): string {
  return `${change.kind} of ${nameOf(change)}`;
}
