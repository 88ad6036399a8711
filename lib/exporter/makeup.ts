import type { RawDevice } from '../addon.ts';
import type { DeviceIdentity } from '../device.ts';
import { openSession } from '../native.ts';
import { decodeTable, metricsOfTarget, type Table } from '../targets/index.ts';

/** What a device is made of: what changes with its table only. */
export interface Makeup {
  /** Its table lines by their place; undefined for those of targets of which nothing is measured. */
  readonly tables: readonly (Table | undefined)[];
  /** `major:minor` of what it stands on. */
  readonly dependencies: readonly string[];
}

/** Remembers the makeup of devices. */
export interface Makeups {
  /**
   * Reads those that are not known in this version and forgets all others. A table is read without any wait for a disk
   * (drivers/md/dm-ioctl.c, STATUSTYPE_TABLE). What could not be read is as it was, and read again the next time.
   */
  read(devices: readonly DeviceIdentity[], version: number, timeout: number): Promise<void>;
  /** What is known of this device. */
  of(device: DeviceIdentity): Makeup | undefined;
  /** Ends it; what is pending rejects. */
  close(): void;
}

/** Starts with nothing. Throws a {@link DmError} of reason `no-addon` if the native part is missing. */
export function rememberMakeups(): Makeups {
  const session = openSession('direct');
  let known = new Map<string, Known>();

  const readSome = async (
    devices: readonly DeviceIdentity[],
    version: number,
    timeout: number,
  ): Promise<void> => {
    const call = { timeout, keepAlive: false } as const;
    const [tables, dependencies] = await Promise.all([
      session.some({ ...call, query: 'table' }, devices),
      session.some({ ...call, query: 'dependencies' }, devices),
    ]);
    const standing = new Map(dependencies.map((raw) => [keyOf(raw), raw]));
    for (const raw of tables) {
      const below = standing.get(keyOf(raw));
      if (raw.failure !== null || below === undefined || below.failure !== null) continue;
      known.set(keyOf(raw), { version, tables: decoded(raw), dependencies: below.dependencies });
    }
  };

  return {
    async read(devices, version, timeout) {
      known = new Map(
        devices.flatMap((device) => {
          const entry = known.get(keyOf(device));
          return entry === undefined ? [] : [[keyOf(device), entry]];
        }),
      );
      const missing = devices.filter((device) => known.get(keyOf(device))?.version !== version);
      for (let from = 0; from < missing.length; from += mostAtOnce)
        await readSome(missing.slice(from, from + mostAtOnce), version, timeout);
    },
    of: (device) => known.get(keyOf(device)),
    close: () => session.close(),
  };
}

interface Known extends Makeup {
  readonly version: number;
}

// Many answers in one piece would hold up the event loop for as long as it takes to make objects of them.
const mostAtOnce = 256;

function decoded({ segments }: RawDevice): Makeup['tables'] {
  return segments.map(({ target, params }) =>
    metricsOfTarget(target).length === 0 ? undefined : decodeTable(target, params),
  );
}

// A number alone is no identity: another device may have been made in its place.
function keyOf(device: DeviceIdentity | RawDevice): string {
  return `${device.major}:${device.minor} ${device.uuid ?? ''} ${device.name}`;
}
