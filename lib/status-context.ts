import type { Call, DeviceQuery, RawDevice, Selector, Session } from './native.ts';
import { decodeTable } from './targets/index.ts';
import type { DecodeContext } from './targets/target.ts';

/** Finds what `lvs` knows beyond a status line when it computes the percentages of a device. */
export interface StatusContext {
  /** The call's timeout and signal go for what has to be asked. Never rejects: what is not to be had is left out. */
  of(raw: RawDevice, extentSectors: number, call: Call<DeviceQuery>): Promise<DecodeContext>;
  /** The same on this thread. */
  ofSync(raw: RawDevice, extentSectors: number, call: Call<DeviceQuery>): DecodeContext;
}

/**
 * The extent size, for LVM mirrors, and the pool's block size, for thin volumes; that is asked of the kernel once a
 * volume and remembered, since a pool keeps its block size for life.
 */
export function statusContext(session: Session): StatusContext {
  const known = new Map<string, number>();

  const conclude = (raw: RawDevice, extentSectors: number, blocks: number | undefined): DecodeContext => {
    if (known.size >= mostRemembered) known.clear();
    if (blocks !== undefined) known.set(keyOf(raw), blocks);
    return {
      extentSectors: raw.uuid.startsWith('LVM-') ? extentSectors : undefined,
      poolBlockSectors: blocks,
    };
  };

  return {
    async of(raw, extentSectors, { timeout, signal }) {
      let blocks = known.get(keyOf(raw));
      if (blocks === undefined && isThin(raw)) {
        const call = { query: 'table', timeout, signal } as const;
        try {
          blocks = blocksOf(await session.one(call, poolOf(await session.one(call, raw))));
        } catch {
          // The volume or its pool has gone meanwhile: its percentage does without.
        }
      }
      return conclude(raw, extentSectors, blocks);
    },
    ofSync(raw, extentSectors, { timeout }) {
      let blocks = known.get(keyOf(raw));
      if (blocks === undefined && isThin(raw)) {
        const call = { query: 'table', timeout } as const;
        try {
          blocks = blocksOf(session.oneSync(call, poolOf(session.oneSync(call, raw))));
        } catch {
          // As above.
        }
      }
      return conclude(raw, extentSectors, blocks);
    },
  };
}

// Volumes come and go; what is forgotten is asked again.
const mostRemembered = 65_536;

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

function blocksOf(pool: RawDevice): number | undefined {
  const [segment] = pool.segments;
  const table = decodeTable('thin-pool', segment?.params ?? '');
  return table.type === 'thin-pool' ? Number(table.blockSectors) : undefined;
}
