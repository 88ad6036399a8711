import { describe, expect, it } from 'vitest';
import type { DeviceStatus } from '../../../lib/device.ts';
import { damageOf } from '../../../lib/workflows/replace/degraded.ts';
import { groupOf, kernelMirror, mirrorOf, uuidOf } from './replace-group.ts';

const pvs = { a: 100, b: 100, c: 100 };

function judged(
  lost: string,
  kernel: readonly [letters: string, used: number, total: number] | null,
  fields: Readonly<Record<string, string>> = {},
): string {
  const group = groupOf(pvs, mirrorOf('m', 20, ['a', 'b'], 'c', fields));
  const statuses: readonly DeviceStatus[] = kernel === null ? [] : [kernelMirror(group, 'm', ...kernel)];
  const { mirrors, blocked } = damageOf(group, new Set([uuidOf(lost)]), statuses);
  expect(mirrors.length + blocked.length).toBe(1);
  return blocked[0]?.why ?? 'repaired';
}

describe('a dm-mirror whose first copy is lost', () => {
  it('is repaired if the others were filled: but for the writes that were under way', () => {
    expect(judged('a', ['DA', 1000, 1000])).toBe('repaired');
    expect(judged('a', ['DA', 990, 1000])).toBe('repaired');
    expect(judged('a', ['DA', 5, 6])).toBe('repaired');
  });

  it.each([
    ['its first copy was broken off', ['DA', 300, 1000], {}, /700 of 1000 regions/],
    ['it failed while it was copied from', ['SA', 1000, 1000], {}, /while it was copied from/],
    ['a conversion is under way', ['DA', 1000, 1000], { lv_converting: '1' }, /one was being made/],
    ['it was made with --nosync', ['DA', 1000, 1000], { lv_initial_image_sync: '0' }, /--nosync/],
    ['its tag says so', ['DA', 1000, 1000], { lv_tags: 'devmapper.filling' }, /its tag/],
    ['the lost one had all', ['DA', 1000, 1000], { lv_tags: `devmapper.filling:${uuidOf('a')}` }, /--deltag/],
    ['nobody knows', null, {}, /only the kernel knows/],
  ] as const)('is not repaired onto a copy that may not be filled: %s', (_, kernel, fields, why) => {
    expect(judged('a', kernel, fields)).toMatch(why);
  });

  it('is repaired if the copy that the others are filled from is there', () => {
    expect(judged('a', ['DA', 1000, 1000], { lv_tags: `devmapper.filling:${uuidOf('b')}` })).toBe('repaired');
  });

  it('is not asked for that while the first copy is there', () => {
    expect(judged('b', ['AD', 300, 1000])).toBe('repaired');
    expect(judged('c', null)).toBe('repaired');
  });
});
