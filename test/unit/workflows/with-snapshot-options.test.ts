import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  toSettings,
  type WithSnapshotOptions,
} from '../../../lib/workflows/snapshot/with-snapshot-options.ts';

describe('the options of withSnapshot', () => {
  it('have defaults that lose nothing: stores that cannot overflow', () => {
    expect(toSettings({ volumes: 'vg/home' })).toEqual({
      volumes: [{ origin: { vg: 'vg', lv: 'home' }, snapshot: 'vg/home_snap' }],
      ...{ size: 'full', isSizeGiven: false, mount: 'if-possible', guard: null, tags: [] },
    });
  });

  it('name the snapshots', () => {
    const names = (options: WithSnapshotOptions) =>
      toSettings(options).volumes.map(({ snapshot }) => snapshot);
    expect(names({ volumes: 'vg/a', name: 'b' })).toEqual(['vg/b']);
    expect(names({ volumes: ['vg/a', 'wg/a'], suffix: '-x' })).toEqual(['vg/a-x', 'wg/a-x']);
  });

  it('take a guard with its line or without', () => {
    expect(toSettings({ volumes: 'vg/a', guard: true }).guard).toMatchObject({
      threshold: 0.7,
      headroom: 2000,
    });
    expect(toSettings({ volumes: 'vg/a', guard: { threshold: 0.5 } }).guard).toMatchObject({
      threshold: 0.5,
    });
    expect(toSettings({ volumes: 'vg/a', guard: false }).guard).toBeNull();
  });

  it.each([
    [{}],
    [{ volumes: [] }],
    [{ volumes: 'home' }],
    [{ volumes: '/dev/vg/home' }],
    [{ volumes: ['vg/a', 'vg/a'] }],
    [{ volumes: ['vg/a', 'vg/a_snap'] }],
    [{ volumes: ['vg/a', 'vg/b'], name: 'c' }],
    [{ volumes: ['vg/a', 'vg/b'], mount: '/mnt' }],
    [{ volumes: 'vg/a', mount: 'mnt' }],
    [{ volumes: 'vg/a', mount: 1 }],
    [{ volumes: 'vg/a', suffix: '' }],
    [{ volumes: 'vg/a', suffix: ' x' }],
    [{ volumes: 'vg/a', name: 'snapshot1' }],
    [{ volumes: 'vg/a', name: '-b' }],
    [{ volumes: 'vg/a', name: 'a' }],
    [{ volumes: 'vg/a', tags: 'x' }],
    [{ volumes: 'vg/a', tags: ['a b'] }],
    [{ volumes: 'vg/a', guard: 1 }],
    [{ volumes: 'vg/a', guard: { snapshot: 'vg/b' } }],
    [{ volumes: 'vg/a', sizes: 'full' }],
  ])('refuse %j', (options) => {
    expect(() => toSettings(options as never)).toThrow(TypeError);
  });

  it('are refused by TypeErrors and RangeErrors only, whatever they are', () => {
    const options = fc.record(
      {
        volumes: fc.oneof(fc.constant('vg/lv'), fc.anything()),
        size: fc.oneof(fc.constant('full'), fc.anything()),
        name: fc.anything(),
        suffix: fc.anything(),
        mount: fc.anything(),
        guard: fc.anything(),
        tags: fc.anything(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(options, (given) => {
        try {
          const { volumes } = toSettings(given as never);
          expect(volumes.length).toBeGreaterThan(0);
        } catch (error) {
          expect(error instanceof TypeError || error instanceof RangeError).toBe(true);
        }
      }),
    );
  });
});
