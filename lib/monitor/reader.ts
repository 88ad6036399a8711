import type { RawDevice } from '../addon.ts';
import type { DeviceNumber, Session } from '../native.ts';

/** Reads the status of devices so that one that hangs delays no other. */
export interface Reader {
  /**
   * Asks for these; `answered` is called with answers as they come, those of devices that cannot hang all at once.
   * Resolves when all have answered or missed the deadline, and that is taken note of. A device that is still being
   * asked is not asked again; of those that cannot hang one set is asked at a time, and who wants more meanwhile
   * shares the next one.
   */
  read(devices: readonly Readable[], answered: Answered): Promise<void>;
}

/** What a reader must know of a device. */
export interface Readable extends DeviceNumber {
  /** Whether asking for its status may take long: it has such targets, or has not answered the last time. */
  readonly mayHang: boolean;
}

type Answered = (answers: readonly RawDevice[]) => Promise<void>;

/** A reader of the session, each of whose calls may take `deadline` milliseconds. */
export function statusReader(session: Session, deadline: number): Reader {
  const asked = new Set<string>();
  let current: Promise<unknown> = Promise.resolve();
  let next: Batch | undefined;
  const call = { query: 'status', timeout: deadline, keepAlive: false } as const;

  const readAlone = async (device: Readable, answered: Answered): Promise<void> => {
    const key = keyOf(device);
    if (asked.has(key)) return;
    asked.add(key);
    try {
      await answered(await session.some(call, [device]));
    } finally {
      asked.delete(key);
    }
  };

  const readAll = async (devices: readonly Readable[], answered: Answered): Promise<void> => {
    await Promise.all(devices.map((device) => readAlone(device, answered)));
  };

  const readSet = async (devices: readonly Readable[], answered: Answered): Promise<void> => {
    for (let from = 0; from < devices.length; from += mostAtOnce)
      await answered(await session.some(call, devices.slice(from, from + mostAtOnce)));
  };

  // Where events come faster than answers, sets that are asked side by side would only grow in number.
  const readTogether = (devices: readonly Readable[], answered: Answered): Promise<void> => {
    if (next === undefined) {
      const batch: Batch = { devices: new Map(), answered, done: Promise.resolve() };
      // The set before this one may have shown that one of these hangs.
      const take = () => {
        next = undefined;
        return partition([...batch.devices.values()]);
      };
      const taken = current.then(take, take);
      const set = taken.then(({ together }) => readSet(together, batch.answered));
      const others = taken.then(({ alone }) => readAll(alone, batch.answered));
      batch.done = Promise.all([set, others]).then(() => undefined);
      current = set;
      next = batch;
    }
    for (const device of devices) next.devices.set(keyOf(device), device);
    next.answered = answered;
    return next.done;
  };

  return {
    async read(devices, answered) {
      const { alone, together } = partition(devices);
      const pending = [readAll(alone, answered)];
      if (together.length > 0) pending.push(readTogether(together, answered));
      await Promise.all(pending);
    },
  };
}

function partition(devices: readonly Readable[]): {
  readonly alone: readonly Readable[];
  readonly together: readonly Readable[];
} {
  return {
    alone: devices.filter(({ mayHang }) => mayHang),
    together: devices.filter(({ mayHang }) => !mayHang),
  };
}

// Many answers in one piece would hold up the event loop for as long as it takes to make objects of them.
const mostAtOnce = 256;

// Devices that are asked about next; the last who joined is told, since its clock is the nearest.
interface Batch {
  readonly devices: Map<string, Readable>;
  answered: Answered;
  done: Promise<void>;
}

/** `major:minor` of a device. */
export function keyOf({ major, minor }: DeviceNumber): string {
  return `${major}:${minor}`;
}
