import { describe, expect, it } from 'vitest';
import { type SourceOptions, toSettings } from '../../../lib/exporter/settings.ts';

describe('the options of a source', () => {
  it('switch on every collector but lvm', () => {
    const { isOn } = toSettings({});
    expect(['device', 'raid', 'thin-pool'].every(isOn)).toBe(true);
    expect(isOn('lvm')).toBe(false);
    const chosen = toSettings({ collectors: { lvm: true, raid: false } });
    expect([chosen.isOn('lvm'), chosen.isOn('raid'), chosen.isOn('mirror')]).toEqual([true, false, true]);
  });

  it('take a pattern that remembers its place without that', () => {
    const { choice } = toSettings({ include: /^vg-/gy });
    expect(['vg-a', 'vg-b', 'vg-c'].map((name) => choice.include?.test(name))).toEqual([true, true, true]);
  });

  it.each<[string, unknown]>([
    ['"deadline"', { deadline: '1' }],
    ['"timeout"', { interval: 0 }],
    ['"include"', { include: 'vg-*' }],
    ['"exclude"', { exclude: ['vg-*'] }],
    ['"internal"', { internal: 1 }],
    ['"collectors.rade"', { collectors: { rade: true } }],
    ['"collectors.raid"', { collectors: { raid: 'no' } }],
    ['"extentSectors"', { extentSectors: 0 }],
    ['"lvm"', { lvm: {} }],
    ['"lvmMaxAge"', { lvmMaxAge: 0 }],
    ['"options.incude"', { incude: /x/ }],
  ])('that are wrong are named: %s', (_, options) => {
    const given = options as SourceOptions;
    expect(() => toSettings(given)).toThrow(/^"/);
    expect(() => toSettings(given)).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^ERR_(INVALID_ARG|OUT_OF_RANGE)/) }),
    );
  });
});
