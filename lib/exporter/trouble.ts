import { constants } from 'node:os';
import { DmError } from '../errors.ts';
import { type Log, seldom } from './log.ts';
import { hasAnswered, type Looked } from './look.ts';
import type { MetricsSource } from './source.ts';

/** Why device-mapper has not answered a look, and what to do about it; null if it has. */
export function troubleOf(looked: Looked): Error | null {
  if (hasAnswered(looked)) return null;
  const { error } = looked;
  return (
    error ?? new DmError({ reason: 'timed-out', errno: ETIMEDOUT, operation: 'list', device: '', log: [] })
  );
}

/**
 * The same source, which tells a log why `dm_up` is 0: once when it comes to be so or the reason changes, and once when
 * device-mapper answers again. The same reason is told once a minute at most, however often it comes and goes.
 */
export function tellTrouble(
  source: MetricsSource,
  log: Log,
): Pick<MetricsSource, 'gather' | 'monitor' | 'dm'> {
  const rarely = seldom();
  let told: string | undefined;

  const tell = (trouble: Error | null | undefined): void => {
    const reason = trouble ? reasonOf(trouble) : undefined;
    if (reason === told) return;
    if (!trouble || reason === undefined) {
      told = undefined;
      log('info', 'device-mapper answers again');
      return;
    }
    rarely(reason, () => {
      told = reason;
      log('error', 'device-mapper does not answer', { reason, err: trouble.message });
    });
  };

  return {
    async gather(options) {
      const families = await source.gather(options);
      tell(source.trouble);
      return families;
    },
    get monitor() {
      return source.monitor;
    },
    dm: source.dm,
  };
}

function reasonOf(trouble: Error): string {
  return trouble instanceof DmError ? trouble.reason : trouble.name;
}

const { ETIMEDOUT } = constants.errno;
