import { setImmediate as nextTurn } from 'node:timers/promises';
import type { StreamResponse } from './streams.ts';

/** Bounds how many pages are made or read at once: each holds its text until it is read. */
export interface PageSlots {
  /**
   * Takes a slot until the response is closed; undefined if all are taken. What it returns waits for the pages before
   * this one, then for a turn of the event loop of its own; false if nobody wants the page any more.
   */
  take(response: Pick<StreamResponse, 'on'>): (() => Promise<boolean>) | undefined;
}

/** Starts with so many free. */
export function pageSlots(count: number): PageSlots {
  let taken = 0;
  let before: Promise<unknown> = Promise.resolve();
  return {
    take(response) {
      if (taken >= count) return undefined;
      taken += 1;
      let isWanted = true;
      response.on('close', () => {
        if (isWanted) taken -= 1;
        isWanted = false;
      });
      return async () => {
        const turn = before.then(() => nextTurn());
        before = turn;
        await turn;
        return isWanted;
      };
    },
  };
}
