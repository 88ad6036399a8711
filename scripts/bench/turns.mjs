import { medianOf } from './report.mjs';

let interrupted = false;

/** Has whoever interrupts still get the devices removed: the next order fails instead. */
export function watchSignals() {
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'])
    process.on(signal, () => {
      interrupted = true;
    });
}

/** Throws if somebody wants this to end. */
export function requireTime() {
  if (interrupted) throw new Error('interrupted');
}

/**
 * Round robin, so that whatever disturbs the machine disturbs all alike; each round begins with another contestant,
 * so that none always runs behind the same one. `times` has a place for each round, empty where it was skipped.
 */
export async function takeTurns(entries, count) {
  for (let round = 0; round < count; round += 1)
    for (let turn = 0; turn < entries.length; turn += 1) {
      const { ask, repeats, stride, times } = entries[(round + turn) % entries.length];
      if (round % stride !== 0) continue;
      const asked = [];
      while (asked.length < repeats) {
        requireTime();
        asked.push(await ask());
      }
      times[round] = medianOf(asked);
    }
}
