import { abortError, onAbort } from '../../abort.ts';
import { requireShown } from '../mounted.ts';
import type { Step } from '../step.ts';
import type { Tracked } from './tracked-steps.ts';

/** The step that hands the image to the callback, and waits for that, even if it takes no notice of an abort. */
export function useStep<T>({ image, callback, found }: Tracked<T>): Step {
  return {
    name: 'use',
    callsBack: true,
    title: `Hand ${image.fullName} to the callback`,
    async perform({ signal, progress }) {
      const { leg } = found;
      if (leg === undefined) throw new Error('nothing is split off');
      // What is in use cannot be merged back.
      const forget = onAbort(signal, () =>
        progress({ ratio: null, detail: 'aborted: waiting for the callback to end' }),
      );
      try {
        found.value = { returned: await callback(leg, signal) };
      } finally {
        forget();
      }
      if (signal.aborted) throw abortError(signal);
      await requireShown(leg.volume, leg.path, leg.mounted);
    },
  };
}
