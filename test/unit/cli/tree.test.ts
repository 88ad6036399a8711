import { describe, expect, it } from 'vitest';
import { choose } from '../../../lib/cli/find.ts';
import { listLines } from '../../../lib/cli/list.ts';
import { plainLook } from '../../../lib/cli/look.ts';
import { treeLines } from '../../../lib/cli/tree.ts';
import type { BlockDevice } from '../../../lib/view/block.ts';
import { growForest, rootsOf } from '../../../lib/view/forest.ts';
import { groupByVolume } from '../../../lib/view/volumes.ts';
import { listed, lvmUuid } from './make.ts';

const devices = [
  listed('vg-root', 2, { uuid: lvmUuid('r'), dependencies: ['254:1'], targets: ['snapshot-origin'] }),
  listed('vg-snap', 3, { uuid: lvmUuid('s'), dependencies: ['254:4', '254:1'], targets: ['snapshot'] }),
  listed('vg-root-real', 1, { uuid: lvmUuid('r', 'real'), dependencies: ['8:1'] }),
  listed('vg-snap-cow', 4, { uuid: lvmUuid('s', 'cow'), dependencies: ['7:0', '259:9'] }),
];
const blocks: ReadonlyMap<string, BlockDevice> = new Map([
  ['8:1', { name: 'sda1', kind: 'partition', sectors: 4096, file: null, dependencies: ['8:0'] }],
  ['8:0', { name: 'sda', kind: 'disk', sectors: 8192, file: null, dependencies: [] }],
  ['7:0', { name: 'loop0', kind: 'loop', sectors: 2048, file: '/tmp/\x1bdisk', dependencies: [] }],
]);
const grow = (roots = rootsOf(devices)) => growForest(roots, devices, (number) => blocks.get(number));

describe('devmapper tree', () => {
  it('shows what stands on what down to the disks, shared devices below each that stands on them', () => {
    expect(`\n${treeLines(grow(), plainLook).join('\n')}\n`).toBe(`
NAME               TYPE                 SIZE  DEVICE  FILE
vg/root            snapshot-origin  4.00 MiB   254:2
└─ [vg/root-real]  linear           4.00 MiB   254:1
   └─ sda1         partition        2.00 MiB     8:1
      └─ sda       disk             4.00 MiB     8:0
vg/snap            snapshot         4.00 MiB   254:3
├─ [vg/root-real]  linear           4.00 MiB   254:1
│  └─ sda1         partition        2.00 MiB     8:1
│     └─ sda       disk             4.00 MiB     8:0
└─ [vg/snap-cow]   linear           4.00 MiB   254:4
   ├─ loop0        loop             1.00 MiB     7:0  /tmp/\\x1bdisk
   └─ 259:9                                    259:9
`);
  });

  it('draws without Unicode too', () => {
    const lines = treeLines(grow(), { ...plainLook, unicode: false });
    expect(lines.slice(5, 8).map((line) => line.replace(/ {2,}[a-z].*/, ''))).toEqual([
      'vg/snap',
      '|- [vg/root-real]',
      '|  `- sda1',
    ]);
    expect(lines.join('')).toMatch(/^[\x20-\x7e]*$/);
  });

  it('ends at a device that stands on itself', () => {
    const knot = [listed('a', 1, { dependencies: ['254:2'] }), listed('b', 2, { dependencies: ['254:1'] })];
    const [node] = growForest(knot.slice(0, 1), knot, () => undefined);
    expect(node?.dependencies[0]).toMatchObject({ name: 'b', dependencies: [] });
  });
});

describe('a NAME', () => {
  const names = (...wanted: readonly string[]): readonly string[] =>
    choose(wanted, groupByVolume(devices)).devices.map(({ name }) => name);

  it('is a volume with its layers, a layer alone, or a device', () => {
    expect(names('vg/root')).toEqual(['vg-root', 'vg-root-real']);
    expect(names('vg-root')).toEqual(['vg-root', 'vg-root-real']);
    expect(names('vg-root-real')).toEqual(['vg-root-real']);
  });

  it('counts once, and the ones that do not exist are told', () => {
    expect(names('vg/snap', 'vg-snap', 'nope', '/dev/nope/nope')).toEqual(['vg-snap', 'vg-snap-cow']);
    expect(choose(['nope', 'vg/no', '/dev/nope'], groupByVolume(devices)).problems).toEqual([
      'nope: there is no such device. "devmapper list" shows those that exist.',
      'vg/no: there is no such device. "devmapper list" shows those that exist.',
      '/dev/nope: there is no such file.',
    ]);
  });

  it('is found with its escapes and without', () => {
    const odd = groupByVolume([listed('a\\x20b', 1)]);
    for (const name of ['a b', 'a\\x20b']) expect(choose([name], odd).devices).toHaveLength(1);
  });

  it.each(['/etc/passwd', 'a/b/c', '/dev/null'])('cannot be %s', (name) => {
    expect(() => choose([name], groupByVolume(devices))).toThrow(TypeError);
  });
});

it('devmapper list shows what sysfs does not tell as -', () => {
  const { openCount: _, ...rest } = listed('b', 11, { suspended: true });
  const fromSysfs = { ...rest, source: 'sysfs' as const };
  expect(
    `\n${listLines([listed('a', 1, { openCount: 2, uuid: 'U' }), fromSysfs], plainLook).join('\n')}\n`,
  ).toBe(`
NAME  DEVICE      SIZE  OPEN  STATE      UUID
a      254:1  4.00 MiB     2  active     U
b     254:11  4.00 MiB     -  suspended  -
`);
});
