import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { DeviceIdentity, DeviceStatus } from '../device.ts';
import { DmError, type DmFailure } from '../errors.ts';
import type { AskOptions } from './asking.ts';

/** What the process that asks is to ask. */
export interface ApartQuestion {
  readonly wanted: readonly DeviceIdentity[] | 'all';
  readonly options: AskOptions;
}

/** What it answers: errors as data, since a class does not survive the way between processes. */
export type ApartAnswer =
  | { readonly devices: readonly { readonly device: object; readonly failure: DmFailure | null }[] }
  | { readonly failure: DmFailure };

/**
 * As `queryStatus`, but another process asks. A thread that the kernel keeps cannot be killed, and a process with
 * such a thread does not end until the kernel lets it go: this one would keep its user waiting after it has printed.
 * The other one is left to end by itself. Rejects with what the asking rejected with.
 */
export function statusApart(question: ApartQuestion): Promise<readonly DeviceStatus[]> {
  return new Promise((resolve, reject) => {
    const file = fileURLToPath(new URL('./status-child.js', import.meta.url));
    // No pipe of ours goes along: who reads our output to its end would have to wait for the other process.
    const child = fork(file, { serialization: 'advanced', stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      reject(new Error(`the process that asks for the status ended with ${signal ?? `status ${code}`}`));
    });
    child.once('message', (message) => {
      const answer = message as ApartAnswer;
      if ('failure' in answer) reject(new DmError(answer.failure));
      else resolve(answer.devices.map(toStatus));
      child.removeAllListeners('exit');
      child.unref();
      child.channel?.unref();
    });
    child.send(question);
  });
}

/** What a {@link DmError} was made of. */
export function toFailure({ reason, errno = 0, operation, device = '', log }: DmError): DmFailure {
  return { reason, errno: -errno, operation, device, log };
}

// The other process runs the same code: what it sends is what `queryStatus` gave it.
function toStatus({ device, failure }: { device: object; failure: DmFailure | null }): DeviceStatus {
  return { ...device, error: failure === null ? null : new DmError(failure) } as DeviceStatus;
}
