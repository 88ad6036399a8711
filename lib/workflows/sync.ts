import { setTimeout as sleep } from 'node:timers/promises';
import type { DeviceStatus } from '../device.ts';
import { DmError } from '../errors.ts';
import type { LvRow } from '../lvm/columns/lv.ts';
import type { LvmState } from '../lvm/state.ts';
import { forecast, type Observation, observe } from '../monitor/forecast.ts';
import type { WatchedDevice } from '../monitor/types.ts';
import { lvmDeviceName } from '../names.ts';
import type { Selector } from '../native.ts';
import { sectorSize } from '../units.ts';
import { Refusal } from './errors.ts';
import { lookAtGroup, requireVolumeIn } from './lvm-step.ts';
import type { StepProgress } from './progress.ts';
import type { StepContext } from './step.ts';
import { type OutOfSync, outOfSync } from './sync-refusal.ts';
import type { Tools } from './tools.ts';

/**
 * Waits until all copies of a mirror or raid1 (`vg/lv`) truly hold the same, told by the kernel's event; of a conversion
 * under way also until lvm has made it final. With `nosync` the kernel's word is enough for one that was made with
 * `--nosync`, of which it knows only what it has filled since. Rejects with a {@link Refusal}: `failed` if it never will
 * by itself, `diverged` if a check found the copies to differ, `not-found`; or with an `AbortError`.
 */
export async function untilInSync(
  tools: Tools,
  volume: string,
  { signal, progress, nosync = false }: Follow & { readonly nosync?: boolean },
): Promise<void> {
  const follow = { signal, progress };
  for (let attempt = 1; ; attempt++) {
    const { state, row, status, found: told } = await lookAtSync(tools, volume, signal);
    const isEnough = nosync && told?.kind === 'never';
    const found = isEnough ? outOfSync(state, { ...row, initialImageSync: null }, status) : told;
    if (found === null) return progress({ ratio: 1, remaining: 0 });
    // What is in sync by the event may be `syncing` at the next look only if something has begun anew.
    if (found.kind !== 'syncing' || attempt > mostAttempts) throw refusalOf(found);
    if (attempt > 1) await sleep(100 * attempt, undefined, { signal });
    if (row.converting === true || row.convertLv !== null) await untilConverted(tools, volume, follow);
    else await untilKernel(tools, row, follow);
  }
}

/** Why the copies of a volume are not truly the same, in one sentence without its end; null if they are. */
export function syncRefusal(state: LvmState, row: LvRow, status: DeviceStatus | null): string | null {
  return outOfSync(state, row, status)?.message ?? null;
}

/** A volume with the status of its device and what {@link outOfSync} says of both, seen now. */
export interface SyncLook {
  readonly state: LvmState;
  readonly row: LvRow;
  /** Null if it has no device, because it is inactive. */
  readonly status: DeviceStatus | null;
  readonly found: OutOfSync | null;
}

/** Looks at a volume with the eyes of {@link outOfSync}. Rejects with a {@link Refusal} `not-found`. */
export async function lookAtSync(
  tools: Tools,
  volume: string,
  signal?: AbortSignal | undefined,
): Promise<SyncLook> {
  const { state } = await lookAtGroup(tools, volume.split('/')[0] ?? '', signal);
  const row = requireVolumeIn(state, volume);
  const status = await statusOf(tools, row, signal);
  return { state, row, status, found: outOfSync(state, row, status) };
}

/** The device that carries a volume's own table: below the origin of a snapshot `-real`, else that of its name. */
function carrierOf({ vgName, name, role }: Pick<LvRow, 'vgName' | 'name' | 'role'>): Selector {
  const isOrigin = role.includes('thickorigin');
  return { name: isOrigin ? lvmDeviceName(vgName, name, 'real') : lvmDeviceName(vgName, name) };
}

const mostAttempts = 10;

/** The status of the device that carries a volume's own table; null if it has none. Rejects with a {@link DmError}. */
export async function statusOf(
  { dm }: Tools,
  row: LvRow,
  signal: AbortSignal | undefined,
): Promise<DeviceStatus | null> {
  try {
    return await dm.status(carrierOf(row), { signal });
  } catch (error) {
    if (error instanceof DmError && error.reason === 'no-device') return null;
    throw error;
  }
}

function refusalOf({ kind, message, next }: OutOfSync): Refusal {
  return new Refusal(kind === 'differs' ? 'diverged' : 'failed', message, next);
}

type Follow = Pick<StepContext, 'signal' | 'progress'>;

async function untilConverted({ lvm }: Tools, volume: string, { signal, progress }: Follow): Promise<void> {
  const job = await lvm.jobs.find(volume, { signal });
  if (job === null) return;
  for await (const { ratio, bytesPerSecond, remaining, action } of job)
    progress({ ratio, bytesPerSecond, remaining, detail: action });
  await job.result;
}

async function untilKernel({ dm }: Tools, row: LvRow, { signal, progress }: Follow): Promise<void> {
  const measured = measure();
  const onProgress = (device: WatchedDevice): void => {
    const step = measured(device);
    if (step !== null) progress(step);
  };
  try {
    await dm.waitFor(carrierOf(row), 'in-sync', { signal, onProgress });
  } catch (error) {
    // That it has failed, the next look says in words.
    if (!(error instanceof DmError) || error.reason === 'timed-out') throw error;
    if (error.reason !== 'other' && error.reason !== 'no-device') throw error;
  }
}

function measure(
  now: () => number = () => performance.now(),
): (device: WatchedDevice) => StepProgress | null {
  let window: readonly Observation[] = [];
  return ({ segments }) => {
    const [segment] = segments;
    const status = segment?.status;
    if (segment === undefined || (status?.type !== 'raid' && status?.type !== 'mirror')) return null;
    const isMirror = status.type === 'mirror';
    const action = isMirror ? 'sync' : (status.progress?.action ?? null);
    const ratio = isMirror
      ? Number(status.sync.used) / Math.max(1, Number(status.sync.total))
      : ratioOf(status);
    if (ratio === null) return { ratio: null, detail: action };
    window = observe(window, { at: now(), ratio, total: isMirror ? status.sync.total : status.total });
    const found = forecast(window);
    const bytes = segment.length * sectorSize;
    return {
      ratio,
      bytesPerSecond: found === undefined ? null : found.rate * bytes,
      remaining: found === undefined ? null : found.etaSeconds * 1000,
      detail: action,
    };
  };
}

function ratioOf({
  progress,
  inSync,
}: {
  progress: { ratio: number } | null;
  inSync: boolean | null;
}): number | null {
  if (progress !== null) return Math.min(1, progress.ratio);
  return inSync === true ? 1 : null;
}
