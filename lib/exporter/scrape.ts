import { setImmediate as nextTurn } from 'node:timers/promises';
import { isParseError } from '../targets/index.ts';
import { measuredTargets } from './catalogue.ts';
import { addDevice, addDeviceCounts } from './device-families.ts';
import type { Looked } from './look.ts';
import { addPool, type PoolMember } from './pool-families.ts';
import type { Samples } from './samples.ts';
import type { Placed, Stack } from './stack.ts';
import { addTargets, segmentsByTarget } from './target-families.ts';

/** How a collector fared. */
export interface Run {
  readonly seconds: number;
  readonly success: boolean;
}

/** Adds the series of all devices; gives way to others on the event loop meanwhile. */
export async function addDevices(samples: Samples, stack: Stack, looked: Looked): Promise<void> {
  const now = Date.now();
  const turn = turns();
  for (const placed of stack.shown) {
    const { device, identity } = placed;
    const { info, readAt, segments, staleSince } = device;
    const last = segments.at(-1);
    // Of a device that has not been read yet nothing is known but what an ioctl without targets says.
    const isRead = last !== undefined || (staleSince === null && !info.liveTable);
    addDevice(samples, {
      identity,
      device,
      info,
      targets: isRead ? targetsOf(placed) : undefined,
      sectors: isRead ? (last === undefined ? 0 : last.start + last.length) : undefined,
      backing: stack.below(placed),
      freshness: {
        stale: staleSince !== null || (looked.isLate && readAt < looked.since),
        ageSeconds: Math.max(0, now - readAt) / 1000,
      },
    });
    await turn();
  }
  addDeviceCounts(samples, stack.all.map(targetsOf));
}

/** Adds the series of the targets that are switched on; one that fails costs the others nothing. */
export async function addAllTargets(
  samples: Samples,
  stack: Stack,
  isOn: (collector: string) => boolean,
): Promise<ReadonlyMap<string, Run>> {
  const runs = new Map<string, Run>();
  const byTarget = segmentsByTarget(stack.shown);
  for (const target of measuredTargets) {
    const segments = byTarget.get(target);
    if (segments === undefined || !isOn(target)) continue;
    const begun = performance.now();
    let success = true;
    const turn = turns();
    try {
      for (const segment of segments) {
        addTargets(samples, target, [segment], stack);
        await turn();
      }
      if (target === 'thin-pool') addPools(samples, stack);
    } catch {
      success = false;
    }
    runs.set(target, { seconds: (performance.now() - begun) / 1000, success });
  }
  return runs;
}

/** Counts the lines that are not understood and have been read since `readBefore` has it, by target. */
export function countParseErrors(
  stack: Stack,
  counts: Map<string, number>,
  readBefore: ReadonlyMap<string, number>,
): void {
  for (const { device } of stack.all)
    for (const { status } of device.segments) {
      const target = status.type === 'unknown' ? status.target : status.type;
      if (!known.has(target)) continue;
      const isNew = isParseError(status) && readBefore.get(device.name) !== device.readAt;
      counts.set(target, (counts.get(target) ?? 0) + (isNew ? 1 : 0));
    }
}

const known: ReadonlySet<string> = new Set(measuredTargets);

function addPools(samples: Samples, stack: Stack): void {
  const members = new Map<string, PoolMember[]>();
  for (const { device, makeup } of stack.all)
    device.segments.forEach(({ length }, index) => {
      const table = makeup?.tables[index];
      if (table?.type !== 'thin' || table.pool === null) return;
      const found = members.get(table.pool);
      if (found === undefined) members.set(table.pool, [{ pool: table.pool, sectors: length }]);
      else found.push({ pool: table.pool, sectors: length });
    });
  for (const { device, identity } of stack.shown) {
    if (device.segments[0]?.status.type !== 'thin-pool') continue;
    const number = `${device.major}:${device.minor}`;
    addPool(samples, { number, labels: identity.volume }, members.get(number) ?? []);
  }
}

function targetsOf({ device }: Placed): readonly string[] {
  return device.segments.map(({ status }) => (status.type === 'unknown' ? status.target : status.type));
}

// Ten thousand devices would hold up the event loop for as long as all of them take.
function turns(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < longestTurn) return;
    await nextTurn();
    since = performance.now();
  };
}

const longestTurn = 5;
