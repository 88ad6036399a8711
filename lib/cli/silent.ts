import type { DeviceIdentity, SilentDevice } from '../device.ts';
import { DmError } from '../errors.ts';
import { complain, type Io } from './io.ts';

/** The answer about one device, or a record of its silence when only this device has failed to answer. */
export async function orSilent<T>(device: DeviceIdentity, answer: Promise<T>): Promise<T | SilentDevice> {
  try {
    return await answer;
  } catch (error) {
    const isItsOwn =
      error instanceof DmError && (error.reason === 'timed-out' || error.reason === 'no-device');
    if (!isItsOwn) throw error;
    const { name, uuid, major, minor } = device;
    return { name, uuid, major, minor, segments: [], error };
  }
}

/** Whether a device was removed between the listing and the question. */
export function isGone({ error }: { readonly error: DmError | null }): boolean {
  return error !== null && error.reason === 'no-device';
}

/** Says on standard error which devices gave no answer, and why; whether there are any. */
export function hasSilent(devices: readonly { readonly error: DmError | null }[], io: Io): boolean {
  for (const { error } of devices) if (error !== null) complain(io, error.message);
  return devices.some(({ error }) => error !== null);
}
