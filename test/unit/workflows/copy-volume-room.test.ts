import { describe, expect, it } from 'vitest';
import { requirePoolRoom, requireSnapshotRoom } from '../../../lib/workflows/copy/copy-volume-room.ts';
import { Refusal } from '../../../lib/workflows/errors.ts';
import { requireVolumeIn } from '../../../lib/workflows/lvm-step.ts';
import { type Fields, stateOf } from '../lvm/commands/rows.ts';

const mebibyte = 1024n * 1024n;
const sized = (mebibytes: bigint): string => String(mebibytes * mebibyte);

function refusalOf(work: () => unknown): Refusal | null {
  try {
    work();
    return null;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

describe('a copy onto a volume with snapshots', () => {
  const target: Fields = { lv_name: 'old', lv_size: sized(100n), lv_role: 'public;origin;thickorigin' };
  // Of `old`, with a store of 40 MiB, half of it in use.
  const snapshot = (name: string, fields: Partial<Fields> = {}): Fields => ({
    ...{ lv_name: name, origin: 'old', chunk_size: '4096', lv_size: sized(40n), data_percent: '50.00' },
    ...{ lv_role: 'public;snapshot;thicksnapshot', ...fields },
  });
  const room = (volumes: readonly Fields[], size: bigint, allowed: readonly string[] = []) => {
    const state = stateOf(target, ...volumes);
    return requireSnapshotRoom(state, requireVolumeIn(state, 'vg/old'), size * mebibyte, allowed);
  };

  it('is refused if a store may overflow by what is written, and names it', () => {
    const refusal = refusalOf(() => room([snapshot('a'), snapshot('b', { data_percent: '10.00' })], 24n));
    expect(refusal).toMatchObject({
      reason: 'needs-consent',
      message:
        'the copy writes 24.00 MiB to vg/old, and its snapshots keep what was there before: vg/a has 20.00 MiB free, and may overflow, which loses them',
      next: expect.stringContaining('allowOverflow ["vg/a"]'),
    });
  });

  it('counts whole chunks, and their records', () => {
    expect(refusalOf(() => room([snapshot('a')], 20n))).not.toBeNull();
    expect(refusalOf(() => room([snapshot('a')], 19n))).toBeNull();
  });

  it('says what may be lost when that is allowed', () => {
    expect(room([snapshot('a')], 24n, ['vg/a'])).toEqual([
      'vg/a, a snapshot of vg/old, may overflow, and is lost then.',
    ]);
    expect(refusalOf(() => room([snapshot('a'), snapshot('b')], 24n, ['vg/a']))?.next).toContain('["vg/b"]');
  });

  it('needs no consent for a store that is as large as it can ever need, is lost already, or is of another', () => {
    const others = [
      snapshot('full', { lv_size: sized(101n), data_percent: '99.00' }),
      snapshot('lost', { lv_snapshot_invalid: '1' }),
      snapshot('other', { origin: 'new' }),
      snapshot('thin', { lv_role: 'public;snapshot;thinsnapshot', segtype: 'thin' }),
    ];
    expect(room(others, 100n)).toEqual([]);
  });

  it('needs it for one of which nobody can tell how full it is', () => {
    expect(refusalOf(() => room([snapshot('a', { data_percent: '' })], 1n))?.message).toContain(
      'vg/a has 40',
    );
  });
});

describe('a copy onto a thin volume', () => {
  const pool: Fields = { lv_name: 'pool', segtype: 'thin-pool', lv_size: sized(100n), data_percent: '90.00' };
  const room = (fields: Partial<Fields>, size: bigint) => {
    const thin = { lv_name: 'thin', segtype: 'thin', pool_lv: 'pool', lv_role: 'public' };
    const state = stateOf(pool, { ...thin, lv_size: sized(40n), data_percent: '0.00', ...fields });
    return refusalOf(() => requirePoolRoom(state, requireVolumeIn(state, 'vg/thin'), size * mebibyte));
  };

  it('is refused if the pool may run out of space for it', () => {
    expect(room({}, 40n)).toMatchObject({
      reason: 'not-enough-space',
      message: expect.stringContaining(
        'vg/thin is thin, and the copy takes up to 40.00 MiB more of its pool vg/pool, which has 10.00 MiB free',
      ),
      next: 'Extend the pool (lvextend) by 30.00 MiB, or choose another device.',
    });
    expect(room({}, 10n)).toBeNull();
  });

  it('takes only what the volume has not got yet', () => {
    expect(room({ data_percent: '80.00' }, 40n)).toBeNull();
    expect(room({ data_percent: '100.00' }, 40n)).toBeNull();
    expect(room({ data_percent: '70.00' }, 40n)).not.toBeNull();
    // What it has may be behind the copy.
    expect(room({ data_percent: '50.00' }, 20n)).not.toBeNull();
  });

  it('takes all of it anew where the volume may share its blocks', () => {
    for (const role of ['public;origin;thinorigin', 'public;snapshot;thinsnapshot'])
      expect(room({ data_percent: '100.00', lv_role: role }, 40n)).not.toBeNull();
  });

  it('takes nothing of a pool that is a cache', () => {
    expect(room({ segtype: 'cache' }, 40n)).toBeNull();
  });
});
