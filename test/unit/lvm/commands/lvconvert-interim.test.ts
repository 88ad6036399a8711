import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interimStep, isSameType, resilience } from '../../../../lib/lvm/commands/lvconvert-interim.ts';

describe('the step that lvm 2.03.16 takes first', () => {
  it.each([
    ['linear', 1, 'raid5', 'become raid1'],
    ['linear', 1, 'raid1', null],
    ['striped', 2, 'raid0', null],
    ['striped', 2, 'raid4', null],
    ['striped', 2, 'raid10', null],
    ['striped', 2, 'raid5', 'become raid5_n'],
    ['striped', 2, 'raid5_n', null],
    ['striped', 3, 'linear', 'become raid5_n'],
    ['striped', 2, 'raid6', 'become raid5_n'],
    ['striped', 3, 'raid6', 'become raid6_n_6'],
    ['striped', 3, 'raid6_n_6', null],
    ['raid0_meta', 2, 'striped', null],
    ['raid1', 2, 'raid5', null],
    ['raid1', 2, 'raid4', null],
    ['raid1', 2, 'linear', null],
    ['raid1', 2, 'raid0', 'become raid5_n'],
    ['raid1', 2, 'raid6', 'become raid5_ls'],
    ['raid4', 3, 'raid0', null],
    ['raid4', 3, 'raid5', 'become raid5_n'],
    ['raid5', 3, 'raid0', 'become raid5_n'],
    ['raid5_n', 4, 'striped', null],
    ['raid5_n', 2, 'striped', 'get 3 images, which enlarges it'],
    ['raid5_n', 3, 'raid6', 'get 4 images, which enlarges it'],
    ['raid5_n', 3, 'raid5', null],
    ['raid5', 3, 'raid1', 'get 2 images, which shrinks it'],
    ['raid5', 2, 'raid1', null],
    ['raid5', 4, 'raid6', 'become raid6_ls_6'],
    ['raid6', 5, 'raid5', 'become raid6_ls_6'],
    ['raid6_n_6', 5, 'raid5', 'become raid5_n'],
    ['raid6_n_6', 5, 'striped', null],
    ['raid6_ls_6', 5, 'raid1', null],
    ['raid10', 4, 'striped', null],
    ['raid10', 4, 'raid5', 'become raid0_meta'],
    ['thin', 1, 'raid1', null],
  ])('%s of %i to %s: %s', (type, images, to, wanted) => {
    expect(interimStep({ type, images }, to, undefined)).toBe(wanted);
  });

  const types = ['linear', 'striped', 'mirror', 'raid0', 'raid0_meta', 'raid1', 'raid4', 'raid5', 'raid5_n'];
  const all = fc.constantFrom(...types, 'raid5_ls', 'raid6', 'raid6_zr', 'raid6_n_6', 'raid6_ls_6', 'raid10');
  const images = fc.integer({ min: 1, max: 8 });

  it('is never the type that is asked for, and never that which it is of', () => {
    fc.assert(
      fc.property(all, images, all, (type, count, to) => {
        const step = /^become (.*)$/.exec(interimStep({ type, images: count }, to, undefined) ?? '')?.[1];
        if (step === undefined) return;
        expect(isSameType(step, to)).toBe(false);
        expect(isSameType(step, type)).toBe(false);
      }),
    );
  });

  it('is none between layouts of one level, and what may fail is a number of images', () => {
    fc.assert(
      fc.property(all, images, fc.string(), (type, count, text) => {
        expect(interimStep({ type, images: count }, type, undefined)).toBeNull();
        expect(() => interimStep({ type: text, images: count }, type, count)).not.toThrow();
        expect(resilience({ type, images: count })).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
