import type { RawDevice } from './addon.ts';
import { DmError } from './errors.ts';
import type { Selector, Session } from './native.ts';
import { decodeTable } from './targets/index.ts';
import type { DecodeContext } from './targets/target.ts';

/** Finds what `lvs` knows beyond a status line when it computes the percentages of a device. */
export interface StatusContext {
  /** What is known without asking the kernel, which is all for everything but a thin volume seen for the first time. */
  known(raw: RawDevice, extentSectors: number): DecodeContext | undefined;
  /** Asks. What is not to be had is left out; rejects only when the signal fires or the session is closed. */
  ask(raw: RawDevice, extentSectors: number, limits: Limits): Promise<DecodeContext>;
  /** The same on this thread. */
  askSync(raw: RawDevice, extentSectors: number, limits: Limits): DecodeContext;
}

/** What ends a call: a moment on the clock of `performance.now()`, and a signal. */
export interface Limits {
  readonly until: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The extent size, for LVM mirrors, and the pool's block size, for thin volumes; that is asked of the kernel once a
 * volume and remembered, since a pool keeps its block size for life.
 */
export function statusContext(session: Session): StatusContext {
  const blocksOf = new Map<string, number>();

  const remember = (raw: RawDevice, pool: RawDevice): void => {
    const [segment] = pool.segments;
    const table = decodeTable('thin-pool', segment?.params ?? '');
    if (table.type !== 'thin-pool') return;
    if (blocksOf.size >= mostRemembered) blocksOf.clear();
    blocksOf.set(keyOf(raw), Number(table.blockSectors));
  };
  const contextOf = (raw: RawDevice, extentSectors: number): DecodeContext => ({
    extentSectors: raw.uuid.startsWith('LVM-') ? extentSectors : undefined,
    poolBlockSectors: blocksOf.get(keyOf(raw)),
  });

  return {
    known(raw, extentSectors) {
      // A number and a name do not tell a volume from one that was made in its place; a uuid does.
      const mustAsk = isThin(raw) && (raw.uuid === '' || !blocksOf.has(keyOf(raw)));
      return mustAsk ? undefined : contextOf(raw, extentSectors);
    },
    async ask(raw, extentSectors, { until, signal }) {
      const table = () => ({ query: 'table', timeout: timeLeft(until), signal }) as const;
      try {
        remember(raw, await session.one(table(), poolOf(await session.one(table(), numberOf(raw)))));
      } catch (error) {
        // The volume or its pool has gone meanwhile: its percentage does without. An end from here does not.
        if (signal?.aborted || (error instanceof DmError && error.reason === 'closed')) throw error;
      }
      return contextOf(raw, extentSectors);
    },
    askSync(raw, extentSectors, { until }) {
      const table = () => ({ query: 'table', timeout: timeLeft(until) }) as const;
      try {
        remember(raw, session.oneSync(table(), poolOf(session.oneSync(table(), numberOf(raw)))));
      } catch {
        // As above.
      }
      return contextOf(raw, extentSectors);
    },
  };
}

// Volumes come and go; what is forgotten is asked again.
const mostRemembered = 65_536;

function timeLeft(until: number): number {
  return Math.max(1, Math.ceil(until - performance.now()));
}

function numberOf({ major, minor }: RawDevice): Selector {
  return { major, minor };
}

function keyOf({ major, minor, uuid, name }: RawDevice): string {
  return `${major}:${minor} ${uuid} ${name}`;
}

function isThin(raw: RawDevice): boolean {
  return raw.segments.some(({ target }) => target === 'thin');
}

function poolOf(thin: RawDevice): Selector {
  const [segment] = thin.segments;
  const table = decodeTable('thin', segment?.params ?? '');
  const [major, minor] =
    table.type === 'thin' && table.pool !== null ? table.pool.split(':').map(Number) : [];
  if (major === undefined || minor === undefined) throw new Error('not bound to a pool');
  return { major, minor };
}
