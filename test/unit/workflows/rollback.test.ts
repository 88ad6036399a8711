import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Lvm } from '../../../lib/lvm/lvm.ts';
import type { LvmState } from '../../../lib/lvm/state.ts';
import { Refusal } from '../../../lib/workflows/errors.ts';
import { rollback } from '../../../lib/workflows/rollback/rollback.ts';
import {
  endangered,
  requireMergeable,
  type SeenPair,
} from '../../../lib/workflows/rollback/rollback-checks.ts';
import { noteStep } from '../../../lib/workflows/rollback/rollback-note-steps.ts';
import { type Pair, pairsIn } from '../../../lib/workflows/rollback/rollback-pairs.ts';
import type { RollbackRun } from '../../../lib/workflows/rollback/rollback-steps.ts';
import { changesOf, summaryOf, warningsOf } from '../../../lib/workflows/rollback/rollback-words.ts';
import type { Tools } from '../../../lib/workflows/tools.ts';
import { type Fields, stateOf } from '../lvm/commands/rows.ts';

const mebibyte = 1_048_576;
const origin: Fields = {
  ...{ lv_name: 'o', segtype: 'linear', lv_attr: 'owi-a-s---', lv_role: 'public;origin;thickorigin' },
  ...{ lv_size: String(100 * mebibyte), lv_active: 'active', lv_dm_path: '/dev/mapper/vg-o' },
};

// A snapshot of `o` with a store of 40 MiB, half of it in use.
function snapshot(name: string, fields: Partial<Fields> = {}): Fields {
  return {
    ...{ lv_name: name, segtype: 'linear', lv_attr: 'swi-a-s---', origin: 'o', chunk_size: '4096' },
    ...{ lv_role: 'public;snapshot;thicksnapshot', lv_size: String(40 * mebibyte), data_percent: '50.00' },
    ...{ lv_time: '1700000000', ...fields },
  };
}

const idle = { merging: false, invalid: false, failed: false, users: [] };

function seen(pair: Pair | undefined, sight: Partial<SeenPair['sight']> = {}): SeenPair {
  if (pair === undefined) throw new Error('there is no pair');
  return { ...pair, sight: { ...idle, ...sight } };
}

function withTags(state: LvmState, ...tags: readonly string[]): LvmState {
  return { ...state, groups: state.groups.map((group) => ({ ...group, vg: { ...group.vg, tags } })) };
}

function refusal(work: () => unknown): Refusal {
  try {
    work();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

const options = { whenOpen: 'refuse', unmounts: false, allowOverflow: [] } as const;

describe('a snapshot', () => {
  const state = stateOf(origin, snapshot('s'), snapshot('other'));

  it('is found with its origin', () => {
    expect(pairsIn(state, ['vg/s'])).toMatchObject([
      { snapshot: 'vg/s', origin: 'vg/o', phase: 'present', isThin: false, note: null },
    ]);
  });

  it('that lvm merges already is known as such', () => {
    const merging = stateOf(origin, snapshot('[s]', { lv_attr: 'Swi-a-s---', lv_merging: '1' }));
    expect(pairsIn(merging, ['vg/s'])[0]?.phase).toBe('scheduled');
  });

  it('that is gone is found by the note, with the state that its origin was in', () => {
    const tagged = withTags(
      stateOf({ ...origin, lv_attr: '-wi-a-----' }),
      'devmapper.rollback:s:gone:o:u0:inactive',
    );
    expect(pairsIn(tagged, ['vg/s'])).toMatchObject([
      { phase: 'gone', origin: 'vg/o', snapshotRow: null, note: { wasInactive: true } },
    ]);
    const words = warningsOf(tagged, [seen(pairsIn(tagged, ['vg/s'])[0])], []);
    expect(words).toEqual([
      expect.stringMatching(/unless somebody removed it before, which cannot be told now/),
    ]);
  });

  it.each([
    ['whose origin is another by now', 'devmapper.rollback:s:gone:o:before'],
    ['that has another name now', 'devmapper.rollback:s:u1:o:u0'],
  ])('%s is not called merged', (_, tag) => {
    const tagged = withTags(stateOf(origin, snapshot('renamed')), tag);
    expect(refusal(() => pairsIn(tagged, ['vg/s'])).reason).toBe('not-found');
  });

  it('has nothing to do with the note of an earlier one of its name, which goes', () => {
    const [stale, other] = ['devmapper.rollback:s:gone:o:u0:inactive', 'devmapper.rollback:t:gone:o:u0'];
    const tagged = withTags(state, stale, other);
    const pairs = pairsIn(tagged, ['vg/s']).map((pair) => seen(pair));
    expect(pairs).toMatchObject([{ phase: 'present', note: null }]);
    const tools = { lvm: Lvm.open() } as unknown as Tools;
    const [step] = noteStep({ tools, vg: 'vg', state: tagged, pairs } as unknown as RollbackRun);
    expect(step?.commands).toEqual([
      expect.arrayContaining(['--addtag=devmapper.rollback:s:u1:o:u0', `--deltag=${stale}`]),
    ]);
    expect(step?.commands?.[0]).not.toContain(`--deltag=${other}`);
  });

  it('that never was is not found, and those that are there are named', () => {
    expect(refusal(() => pairsIn(state, ['vg/x']))).toMatchObject({
      reason: 'not-found',
      next: expect.stringContaining('the snapshots vg/s, vg/other'),
    });
    expect(refusal(() => pairsIn(state, ['none/x'])).reason).toBe('not-found');
  });

  it.each([
    ['its origin', 'vg/o', state, /Its snapshots are vg\/s, vg\/other/],
    [
      'a cached volume',
      'vg/c',
      stateOf({ lv_name: 'c', segtype: 'cache', origin: 'o', lv_role: 'public' }, origin),
      /none either/,
    ],
    [
      'a thin volume with an origin outside its pool',
      'vg/t',
      stateOf(origin, {
        ...{ lv_name: 't', segtype: 'thin', origin: 'o', pool_lv: 'pool' },
        lv_role: 'public;snapshot;thinsnapshot',
      }),
      /none either/,
    ],
  ])('is not %s', (_, name, where, next) => {
    expect(refusal(() => pairsIn(where, [name]))).toMatchObject({
      reason: 'wrong-type',
      next: expect.stringMatching(next),
    });
  });

  it('goes back alone: not with another one of its origin, nor with one of its own', () => {
    expect(refusal(() => pairsIn(state, ['vg/s', 'vg/other'])).reason).toBe('unsafe');
    const thin = (name: string, of?: string): Fields => ({
      ...{ lv_name: name, segtype: 'thin', pool_lv: 'pool', lv_role: 'public;snapshot;thinsnapshot' },
      ...(of === undefined ? {} : { origin: of }),
    });
    const chain = stateOf(thin('a'), thin('b', 'a'), thin('c', 'b'));
    expect(refusal(() => pairsIn(chain, ['vg/b', 'vg/c'])).reason).toBe('unsafe');
    expect(refusal(() => pairsIn(chain, ['vg/c', 'vg/b'])).reason).toBe('unsafe');
  });
});

describe('a rollback', () => {
  const state = stateOf(origin, snapshot('s'));
  const pair = (sight: Partial<SeenPair['sight']> = {}, where = state) =>
    seen(pairsIn(where, ['vg/s'])[0], sight);

  it('says what is lost, in numbers, and since when', () => {
    expect(summaryOf([pair()])).toBe('Roll vg/o back to vg/s');
    expect(changesOf(state, [pair()])).toEqual([
      'vg/o becomes what vg/s holds: all that was written to vg/o since vg/s was made at 2023-11-14T22:13:20Z is lost (20.00 MiB of its store are in use).',
      'vg/s is gone afterwards.',
    ]);
    expect(changesOf(state, [pair({ merging: true })])).toEqual([]);
  });

  it('of what is in use is refused, unless it is to be deferred or a callback unmounts', () => {
    const users = ['vg/o is mounted on /srv'];
    expect(refusal(() => requireMergeable(state, pair({ users }), options))).toMatchObject({
      reason: 'in-use',
      message: expect.stringContaining('vg/o is mounted on /srv'),
    });
    requireMergeable(state, pair({ users }), { ...options, whenOpen: 'defer' });
    requireMergeable(state, pair({ users }), { ...options, unmounts: true });
    requireMergeable(state, pair({ users, merging: true }), options);
    const root = refusal(() => requireMergeable(state, pair({ users: ['vg/o is mounted on /'] }), options));
    expect(root.next).toContain('at the next boot');
  });

  it('that is deferred warns of how much room is left until then', () => {
    const deferred = pair({ users: ['vg/o is mounted on /srv'] });
    expect(warningsOf(state, [deferred], [deferred])).toEqual([
      expect.stringContaining('activated the next time, as it is in use (vg/o is mounted on /srv)'),
      expect.stringContaining('which has 20.00 MiB left'),
    ]);
  });

  it.each([
    ['that overflowed', { invalid: true }, 'overflowed'],
    ['whose merge a disk has stopped', { failed: true, merging: true }, 'failed'],
  ] as const)('of a snapshot %s is refused', (_, sight, reason) => {
    expect(refusal(() => requireMergeable(state, pair(sight), options)).reason).toBe(reason);
  });

  it('waits for another merge into the origin, and for missing disks', () => {
    const other = stateOf(origin, snapshot('s'), snapshot('[m]', { lv_attr: 'Swi-a-s---', lv_merging: '1' }));
    expect(refusal(() => requireMergeable(other, pair({}, other), options)).reason).toBe('busy');
    const partial = {
      ...state,
      groups: state.groups.map((group) => ({ ...group, vg: { ...group.vg, missingPvCount: 1 } })),
    };
    expect(refusal(() => requireMergeable(partial, pair({}, partial), options)).reason).toBe('unsafe');
  });

  it('that may overflow another snapshot needs consent for each', () => {
    const small = snapshot('small', { lv_size: String(20 * mebibyte), data_percent: '10.00' });
    const where = stateOf(origin, snapshot('s'), small);
    expect(refusal(() => requireMergeable(where, pair({}, where), options))).toMatchObject({
      reason: 'needs-consent',
      message: expect.stringContaining('up to 20.00 MiB to vg/o'),
      next: expect.stringContaining('allowOverflow ["vg/small"]'),
    });
    requireMergeable(where, pair({}, where), { ...options, allowOverflow: ['vg/small'] });
    expect(changesOf(where, [pair({}, where)])).toContain('vg/small may overflow and be lost.');
  });

  it('never calls a snapshot safe whose room is less than what is merged', () => {
    const percent = fc.integer({ min: 0, max: 100 });
    const size = fc.integer({ min: 1, max: 100 });
    fc.assert(
      fc.property(size, percent, size, percent, (store, used, room, taken) => {
        const where = stateOf(
          origin,
          snapshot('s', { lv_size: String(store * mebibyte), data_percent: `${used}.00` }),
          snapshot('x', { lv_size: String(room * mebibyte), data_percent: `${taken}.00` }),
        );
        const isSafe = endangered(where, pair({}, where)).length === 0;
        if (isSafe) expect(room * (100 - taken)).toBeGreaterThan(store * used);
      }),
    );
  });

  it('leaves out what is safe: a store for all of the origin, one that is lost already', () => {
    const where = stateOf(
      origin,
      snapshot('s'),
      snapshot('full', { lv_size: String(102 * mebibyte), data_percent: '99.00' }),
      snapshot('lost', { lv_size: String(mebibyte), lv_snapshot_invalid: '1' }),
    );
    expect(endangered(where, pair({}, where))).toEqual([]);
  });
});

describe('wrong arguments', () => {
  const tools = { dm: { monitor: () => undefined }, lvm: Lvm.open() } as unknown as Tools;

  it.each([
    ['no snapshot', { snapshots: [] }],
    ['a path', { snapshots: '/dev/vg/s' }],
    ['an option', { snapshots: ['vg/-x'] }],
    ['two groups', { snapshots: ['a/s', 'b/s'] }],
    ['one twice', { snapshots: ['a/s', 'a/s'] }],
    ['another word', { snapshots: 'a/s', whenOpen: 'later' }],
    ['text for a callback', { snapshots: 'a/s', unmount: 'umount' }],
    ['an option that is none', { snapshots: 'a/s', force: true }],
    ['text for names', { snapshots: 'a/s', allowOverflow: 'a/b' }],
  ])('%s is told before anything is asked', async (_, wrong) => {
    await expect(rollback(tools, wrong as never)).rejects.toThrow(TypeError);
  });
});
