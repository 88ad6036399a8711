import type { DeviceMapper } from '../device-mapper.ts';
import type { Monitor } from '../monitor/types.ts';
import type { AskOptions } from './asking.ts';
import { exitStatus } from './exit.ts';
import { complain, type Io } from './io.ts';
import { type Scope, scopeOf } from './scope.ts';

/** Opens a monitor of what the NAMEs stand for and waits for its first look; undefined if one stands for nothing. */
export async function monitorOf(
  dm: DeviceMapper,
  names: readonly string[],
  { timeout }: AskOptions,
  io: Io,
): Promise<Watched | undefined> {
  const scope = scopeOf(names, names.length === 0 ? [] : await dm.devices());
  for (const problem of scope.problems) complain(io, problem);
  if (scope.problems.length > 0) return undefined;
  const monitor = dm.monitor({ include: scope.include, deadline: timeout, keepAlive: true });
  await monitor.ready;
  return { monitor, scope };
}

/** A monitor and which of its devices were asked for. */
export interface Watched {
  readonly monitor: Monitor;
  readonly scope: Scope;
}

/** Ends the process at the signals that ask for it, each with the status that a shell reports for it. */
export function endAtSignals(): void {
  process.once('SIGTERM', () => process.exit(exitStatus.terminated));
  process.once('SIGHUP', () => process.exit(exitStatus.hungUp));
}
