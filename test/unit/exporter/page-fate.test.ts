import { describe, expect, it } from 'vitest';
import { toll } from '../../../lib/exporter/page/disks.ts';
import { type Fate, fatesWithout } from '../../../lib/exporter/page/fate.ts';
import { topologyOf } from '../../../lib/exporter/page/topology.ts';
import type { WatchedDevice } from '../../../lib/monitor/types.ts';
import { listed, lvmUuid } from '../cli/make.ts';
import { watched } from '../cli/watch-script.ts';

describe('when a disk dies', () => {
  it.each([
    // Which disk carries which leg: leg 0 on 8:0, leg 1 on 8:16, leg 2 on 8:32.
    ['0 8192 raid raid1 2 AA 8192/8192 idle 0 0 -', '8:0', 'survives'],
    ['0 8192 raid raid1 2 AA 4096/8192 resync 0 0 -', '8:0', 'unknown'],
    ['0 8192 raid raid1 2 Aa 4096/8192 recover 0 0 -', '8:16', 'survives'],
    ['0 8192 raid raid1 2 Aa 4096/8192 recover 0 0 -', '8:0', 'unknown'],
    ['0 8192 raid raid1 2 AD 8192/8192 idle 0 0 -', '8:0', 'fails'],
    ['0 8192 raid raid1 2 AD 8192/8192 idle 0 0 -', '8:16', 'survives'],
    ['0 8192 raid raid5_ls 3 AAA 8192/8192 idle 0 0 -', '8:32', 'survives'],
    ['0 8192 raid raid5_ls 3 AAD 8192/8192 idle 0 0 -', '8:0', 'fails'],
    ['0 8192 raid raid5_ls 3 AAa 4096/8192 recover 0 0 -', '8:0', 'unknown'],
    ['0 8192 raid raid6_zr 5 AADAA 8192/8192 idle 0 0 -', '8:0', 'survives'],
    ['0 8192 raid raid0 2 AA 8192/8192 idle 0 0 -', '8:0', 'fails'],
    ['0 8192 raid raid10 3 AAA 8192/8192 idle 0 0 -', '8:0', 'survives'],
    ['0 8192 raid raid10 3 AAD 8192/8192 idle 0 0 -', '8:0', 'unknown'],
    ['0 8192 mirror 3 254:10 254:11 254:12 8/8 1 AAA 1 core', '8:0', 'survives'],
    ['0 8192 mirror 2 254:10 254:11 8/8 1 AD 1 core', '8:0', 'fails'],
    ['0 8192 mirror 2 254:10 254:11 3/8 1 AA 1 core', '8:0', 'unknown'],
    ['0 8192 mirror 2 254:10 254:11 3/8 1 AA 1 core', '8:16', 'survives'],
    ['0 8192 mirror 2 254:10 254:11 3/8 1 AA 3 disk 254:12 A', '8:32', 'survives'],
    ['0 8192 multipath 2 0 0 0 2 1 A 0 1 2 254:10 A 0 0 1 E 0 1 2 254:11 A 0 0 1 ', '8:0', 'survives'],
    ['0 8192 linear ', '8:0', 'fails'],
    ['0 8192 striped 2 254:10 254:11 1 AA', '8:16', 'fails'],
    ['0 8192 linear ', '8:99', 'untouched'],
  ] as const)('a device with the status "%s" on %s %s', (line, disk, fate) => {
    expect(fateOf([line], disk)).toBe(fate);
  });

  it('a device of several targets fails by the one that has no other leg', () => {
    expect(fateOf(['0 8 linear ', '8 8 linear '], '8:0')).toBe('fails');
    expect(fateOf(['0 8 linear ', '8 8 mirror 2 254:10 254:11 8/8 1 AA 1 core'], '8:0')).toBe('unknown');
  });

  it('what stands on a device that survives survives', () => {
    const below = (number: string): readonly string[] =>
      number === '254:1' ? ['254:0'] : number === '254:0' ? ['254:10', '254:11'] : (tree[number] ?? []);
    const raid = watched('r', null, ['0 8192 mirror 2 254:10 254:11 8/8 1 AA 1 core']);
    const fate = fatesWithout('8:0', { below, blocks: new Map() }, (number) =>
      number === '254:0' ? raid : undefined,
    );
    expect([fate('254:1'), fate('254:0'), fate('254:10'), fate('8:0')]).toEqual([
      'survives',
      'survives',
      'fails',
      'fails',
    ]);
  });

  it('a device that stands on itself ends nothing', () => {
    const fate = fatesWithout('8:0', { below: () => ['254:1'], blocks: new Map() }, () => undefined);
    expect(fate('254:1')).toBe('untouched');
  });

  it.each<[string, readonly Fate[]]>([
    ['Its volume fails with it.', ['fails']],
    ['Its volume may fail with it.', ['unknown']],
    ['Its volume keeps running without it.', ['survives']],
    ['All 2 volumes fail with it.', ['fails', 'fails']],
    ['All 2 volumes keep running without it.', ['survives', 'survives']],
    ['1 of 2 volumes fails with it.', ['fails', 'survives']],
    ['2 of 4 volumes fail with it, 1 more may.', ['fails', 'survives', 'unknown', 'fails']],
    ['1 of 2 volumes may fail with it.', ['unknown', 'survives']],
  ])('the sentence is "%s"', (sentence, fates) => {
    expect(toll(fates.map((fate) => ({ fate })))).toBe(sentence);
  });
});

const tree: Readonly<Record<string, readonly string[]>> = {
  '254:10': ['8:0'],
  '254:11': ['8:16'],
  '254:12': ['8:32'],
};

function fateOf(lines: readonly string[], disk: string): Fate {
  const image = (index: number): WatchedDevice =>
    watched(`vg-lv_rimage_${index}`, lvmUuid(String(index)), ['0 8192 linear '], { minor: 10 + index });
  const top = watched('vg-lv', lvmUuid('t'), lines, { minor: 1 });
  const devices = [
    listed('vg-lv', 1, { dependencies: Object.keys(tree) }),
    ...[0, 1, 2].map((index) =>
      listed(`vg-lv_rimage_${index}`, 10 + index, { dependencies: tree[`254:1${index}`] ?? [] }),
    ),
  ];
  const byNumber = new Map([top, image(0), image(1), image(2)].map((each) => [`254:${each.minor}`, each]));
  return fatesWithout(disk, topologyOf(devices, new Map()), (number) => byNumber.get(number))('254:1');
}
