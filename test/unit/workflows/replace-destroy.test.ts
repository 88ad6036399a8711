import { describe, expect, it } from 'vitest';
import { Refusal } from '../../../lib/workflows/errors.ts';
import { damageOf } from '../../../lib/workflows/replace/degraded.ts';
import { destroyedBy } from '../../../lib/workflows/replace/replace-destroy.ts';
import { groupOf, type MadeLv, uuidOf } from './replace-group.ts';

const snapshot = { origin: 'o', lv_role: 'public;snapshot;thicksnapshot' };

function decided(lvs: readonly MadeLv[], allowDestroy: readonly string[], keepLost = false) {
  const group = groupOf({ a: 50, b: 50 }, lvs, ['a']);
  const damage = damageOf(group, new Set([uuidOf('a')]), []);
  return destroyedBy({ groups: [group], orphans: [] }, damage, { vg: 'vg', allowDestroy, keepLost });
}

function reasonOf(...call: Parameters<typeof decided>): string {
  try {
    decided(...call);
  } catch (error) {
    if (error instanceof Refusal) return `${error.reason}: ${error.message} ${error.next}`;
  }
  throw new Error('it was not refused');
}

const plain = { name: 'plain', on: { a: 4 } };
const good = { name: 'good', on: { b: 4 } };

describe('volumes that do not survive', () => {
  it('are destroyed if just they are named', () => {
    expect(decided([plain, good], ['vg/plain'])).toEqual({
      destroy: ['vg/plain'],
      destroyWith: [],
      kept: [],
    });
    expect(decided([good], [])).toEqual({ destroy: [], destroyWith: [], kept: [] });
  });

  it.each([
    ['none is named', []],
    ['one too many is named', ['vg/plain', 'vg/good']],
    ['another is named', ['vg/good']],
  ])('are not if %s', (_, allowed) => {
    expect(reasonOf([plain, good], allowed)).toMatch(
      /^needs-consent: vg\/plain does not survive.*\['vg\/plain'\]/,
    );
  });

  it('that an earlier run has destroyed may be named again', () => {
    expect(decided([good], ['vg/plain'])).toMatchObject({ destroy: [] });
    expect(reasonOf([good], ['vg/good'])).toMatch(/^needs-consent: all volumes survive/);
  });

  it('stay if that is asked for, but not with a wrong name', () => {
    expect(decided([plain], [], true).kept).toMatchObject([{ row: { name: 'plain' } }]);
    expect(reasonOf([plain, good], ['vg/good'], true)).toMatch(/^needs-consent/);
  });

  it('are not destroyed while they are open', () => {
    const open = { ...plain, fields: { lv_device_open: '1' } };
    expect(reasonOf([open], ['vg/plain'])).toMatch(/^in-use: vg\/plain .*Unmount/);
  });

  it('take along what cannot be without them', () => {
    const lvs = [
      { name: 'o', on: { a: 4 }, fields: { lv_device_open: '1' } },
      { name: 's', on: { b: 4 }, fields: snapshot },
    ];
    expect(decided(lvs, ['vg/s', 'vg/o'])).toEqual({ destroy: ['vg/o'], destroyWith: ['vg/s'], kept: [] });
  });

  it('take along the thin volumes that read through them', () => {
    const lvs = [
      { name: 'base', on: { a: 4 } },
      { name: 'pool', type: 'thin-pool', on: { b: 4 }, fields: { lv_layout: 'thin,pool' } },
      {
        ...{ name: 'reader', type: 'thin' },
        fields: { pool_lv: 'pool', origin: 'base', lv_layout: 'thin,sparse', lv_role: 'public' },
      },
    ];
    expect(reasonOf(lvs, ['vg/base'])).toMatch(/^needs-consent: .*vg\/reader does not survive/);
    expect(decided(lvs, ['vg/base', 'vg/reader'])).toEqual({
      destroy: ['vg/base'],
      destroyWith: ['vg/reader'],
      kept: [],
    });
  });

  it('that are snapshots of an active volume are told how to be removed', () => {
    const lvs = [
      { name: 'o', on: { b: 4 } },
      { name: 's', on: { a: 4 }, fields: snapshot },
    ];
    expect(reasonOf(lvs, ['vg/s'])).toMatch(/^in-use: .*activation_mode="partial".*vg\/s/);
    const asleep = [{ name: 'o', on: { b: 4 }, fields: { lv_active: '' } }, ...lvs.slice(1)];
    expect(decided(asleep, ['vg/s'])).toMatchObject({ destroy: ['vg/s'] });
  });
});
