import { onAbort } from '../abort.ts';
import type { StepContext } from './step.ts';

/** Calls a callback; if the signal fires before it has ended, which it may ignore, the progress says what is waited for. */
export async function awaitCallback<T>(
  name: string,
  { signal, progress }: Pick<StepContext, 'signal' | 'progress'>,
  call: () => T | Promise<T>,
): Promise<T> {
  const forget = onAbort(signal, () => progress({ ratio: null, detail: `waiting for ${name} to end` }));
  try {
    return await call();
  } finally {
    forget();
  }
}
