import type { DeviceStatus } from '../device.ts';
import { interestingDevice, parseLvmUuid } from '../names.ts';
import type { LvRow } from './columns/lv.ts';

/** An LV, as lvm reports it, with what the kernel says of its devices. */
export interface Volume {
  readonly lv: LvRow;
  /**
   * The status of the device that carries the volume's own: a pool's `-tpool`, what lies below a snapshot's origin, else
   * the volume's. Null if it is not active.
   */
  readonly status: DeviceStatus | null;
  /** The status of all its devices, layers such as `-cow` and `-real` too; those of its sub-LVs are theirs. */
  readonly devices: readonly DeviceStatus[];
}

/** Joins LVs and devices by the uuids in a device's own, `LVM-<vg><lv>-<layer>`: names may be anything. */
export function joinVolumes(lvs: readonly LvRow[], statuses: readonly DeviceStatus[]): readonly Volume[] {
  const byUuid = new Map<string, DeviceStatus[]>();
  for (const status of statuses) {
    const ids = status.uuid === null ? null : parseLvmUuid(status.uuid);
    if (ids === null) continue;
    const key = `${ids.vgId} ${ids.lvId}`;
    const devices = byUuid.get(key);
    if (devices === undefined) byUuid.set(key, [status]);
    else devices.push(status);
  }
  return lvs.map((lv) => {
    const devices = byUuid.get(`${lv.vgUuid} ${lv.uuid}`) ?? [];
    const carriers = devices.map((status) => ({ uuid: status.uuid, targets: targetsOf(status), status }));
    return { lv, status: interestingDevice(carriers)?.status ?? null, devices };
  });
}

function targetsOf({ segments }: DeviceStatus): readonly string[] {
  return segments.map(({ status }) => (status.type === 'unknown' ? status.target : status.type));
}
