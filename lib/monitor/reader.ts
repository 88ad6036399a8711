import type { RawDevice } from '../addon.ts';
import type { DeviceNumber, Session } from '../native.ts';
import { blockingTargets } from '../targets/blocking.ts';

/** Reads the status of devices so that one that hangs delays no other. */
export interface Reader {
  /**
   * Asks for these; `answered` is called with answers as they come, those of devices that cannot hang all at once.
   * Resolves when all have answered or missed the deadline. A device that is still being asked is not asked again.
   */
  read(devices: readonly Readable[], answered: (answers: readonly RawDevice[]) => void): Promise<void>;
}

/** What a reader must know of a device: its number, and the targets it had when it was read last, if it ever was. */
export interface Readable extends DeviceNumber {
  readonly targets: readonly string[];
}

/** A reader of the session, each of whose calls may take `deadline` milliseconds. */
export function statusReader(session: Session, deadline: number): Reader {
  const asked = new Set<string>();
  const call = { query: 'status', timeout: deadline, keepAlive: false } as const;

  return {
    async read(devices, answered) {
      const alone = devices.filter(({ targets }) => targets.some((target) => blockingTargets.has(target)));
      const together = devices.filter(
        ({ targets }) => !targets.some((target) => blockingTargets.has(target)),
      );
      const readAlone = alone.map(async (device) => {
        const key = keyOf(device);
        if (asked.has(key)) return;
        asked.add(key);
        try {
          answered(await session.some(call, [device]));
        } finally {
          asked.delete(key);
        }
      });
      const readTogether = async () => {
        if (together.length > 0) answered(await session.some(call, together));
      };
      await Promise.all([readTogether(), ...readAlone]);
    },
  };
}

/** `major:minor` of a device. */
export function keyOf({ major, minor }: DeviceNumber): string {
  return `${major}:${minor}`;
}
