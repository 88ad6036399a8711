import type { DeviceMapper } from '../../device-mapper.ts';
import { DmError } from '../../errors.ts';
import type { Status } from '../../targets/index.ts';
import { sectorsToBytes } from '../../units.ts';
import type { Snapshot } from './with-snapshot-types.ts';

/** Who is told while snapshots are watched. */
export interface SnapshotListener {
  /** One is lost: what is wrong, in a sentence without its end. */
  onLost(message: string): void;
  /** One is as full as this, 0 to 1: at 80, 90 and 95 %. */
  onFull(name: string, ratio: number): void;
}

/** Snapshots that are being watched. */
export interface SnapshotWatch {
  /** What is wrong with one that is lost; null if all are well. */
  readonly lost: string | null;
  close(): void;
}

/** Watches snapshots: the kernel tells at once that one is invalid, and is asked twice a second for what it does not tell. */
export async function watchSnapshots(
  dm: DeviceMapper,
  snapshots: readonly Snapshot[],
  { onLost, onFull }: SnapshotListener,
): Promise<SnapshotWatch> {
  const byDevice = new Map(snapshots.map((one) => [one.device.replace('/dev/mapper/', ''), one]));
  const monitor = dm.monitor({ include: [...byDevice.keys()], interval: 500, keepAlive: true });
  let lost: string | null = null;
  const lose = (message: string | null): void => {
    if (message === null || lost !== null) return;
    lost = message;
    onLost(message);
  };
  monitor.on((change) => {
    const snapshot = 'device' in change ? byDevice.get(change.device.name) : undefined;
    if (snapshot === undefined) return;
    if (change.kind === 'device-removed') lose(`${snapshot.name} was removed while it was used`);
    else if (change.kind === 'usage-above' && change.usage === 'snapshot')
      onFull(snapshot.name, change.ratio);
    else if ('segment' in change && 'after' in change) lose(lossOf(snapshot, change.after));
  });
  try {
    await monitor.ready;
    // A snapshot that was lost before the first look has not changed since.
    for (const snapshot of snapshots) lose((await storeState(dm, snapshot)).lost);
  } catch (error) {
    monitor.close();
    throw error;
  }
  return {
    get lost() {
      return lost;
    },
    close: () => monitor.close(),
  };
}

/** The store of a snapshot now, in bytes (null if it has none), and what is wrong if it is lost. */
export async function storeState(
  dm: DeviceMapper,
  snapshot: Snapshot,
): Promise<{ readonly lost: string | null; readonly used: bigint | null; readonly size: bigint | null }> {
  const none = { lost: null, used: null, size: null };
  try {
    const { segments, error } = await dm.status({ name: snapshot.device.replace('/dev/mapper/', '') });
    if (error !== null) throw error;
    const status = segments[0]?.status;
    if (status === undefined) return { ...none, lost: `${snapshot.name} has no table in the kernel` };
    if (status.type !== 'snapshot' || status.state !== 'ok')
      return { ...none, lost: lossOf(snapshot, status) };
    const { used, total } = status.fill;
    return { lost: null, used: sectorsToBytes(used), size: sectorsToBytes(total) };
  } catch (error) {
    if (!(error instanceof DmError) || error.reason !== 'no-device') throw error;
    return { ...none, lost: `${snapshot.name} was removed while it was used` };
  }
}

function lossOf({ name }: Snapshot, status: Status): string | null {
  if (status.type === 'snapshot') {
    if (status.state === 'invalid') return `${name} has overflowed, or its disk failed, and is lost`;
    if (status.state === 'overflow') return `${name} has overflowed and takes no more writes`;
  }
  if (status.type === 'thin' && status.state === 'fail') return `the pool of ${name} has failed`;
  return null;
}
