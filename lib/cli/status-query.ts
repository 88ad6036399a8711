import type { Device, DeviceIdentity, DeviceStatus } from '../device.ts';
import type { DeviceMapper } from '../device-mapper.ts';
import { blockingTargets } from '../targets/blocking.ts';
import { isGone, orSilent } from './silent.ts';

/** The status of these devices, or of all. One that gives no answer in time is a record of its silence. */
export async function queryStatus(
  dm: DeviceMapper,
  wanted: readonly DeviceIdentity[] | 'all',
): Promise<readonly DeviceStatus[]> {
  if (wanted === 'all') return (await dm.status()).filter((device) => !isGone(device));
  return Promise.all(wanted.map((device) => orSilent(device, dm.status({ name: device.name }))));
}

/**
 * Whether the kernel may keep a thread that asks for the status of one of these until a disk answers, see
 * {@link blockingTargets}.
 */
export function mayHang(devices: readonly Device[]): boolean {
  return devices.some(
    (device) => device.source === 'ioctl' && device.targets.some((target) => blockingTargets.has(target)),
  );
}
