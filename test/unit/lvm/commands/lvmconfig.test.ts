import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lvmconfig } from '../../../../lib/lvm/commands/lvmconfig.ts';
import { parseConfig, toTree } from '../../../../lib/lvm/commands/lvmconfig-tree.ts';
import { parseDevices } from '../../../../lib/lvm/commands/lvmdiskscan.ts';
import { parseVolumes } from '../../../../lib/lvm/commands/lvscan.ts';
import { commandLine } from '../../../../lib/lvm/operation.ts';

const treeOf = (text: string) => {
  const nodes = parseConfig(text);
  return nodes === null ? null : toTree(nodes);
};

describe('the command line of lvmconfig', () => {
  it('asks for the settings as they apply, not only for those of --config', () => {
    expect(commandLine(lvmconfig, undefined, {}).argv).toEqual(['lvmconfig', '--mergedconfig']);
    expect(
      commandLine(lvmconfig, undefined, { typeConfig: 'diff', names: ['activation/udev_sync'] }).argv,
    ).toEqual([...['lvmconfig', '--typeconfig', 'diff', '--', 'activation/udev_sync']]);
  });

  it('has every name behind --, in the form of a setting', () => {
    fc.assert(
      fc.property(fc.string(), (name) => {
        try {
          const { argv } = commandLine(lvmconfig, undefined, { names: [name] });
          expect(argv.slice(-2)).toEqual(['--', name]);
          expect(name).toMatch(/^[a-z][a-z0-9_/]*$/);
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError);
        }
      }),
    );
  });
});

describe('what lvmconfig writes', () => {
  it('is read as sections, numbers, text and lists', () => {
    expect(
      treeOf(
        'a {\n\tb=1\n\tc="x \\"y\\" \\\\"\n\td=["/dev", "r|.*|", 3]\n\te {\n\t\tf=0.5\n\t}\n\tg=[]\n}\n',
      ),
    ).toEqual({
      a: { b: 1, c: 'x "y" \\', d: ['/dev', 'r|.*|', 3], e: { f: 0.5 }, g: [] },
    });
    expect(treeOf('global {\n\tumask=077\n}')).toEqual({ global: { umask: 63 } });
  });

  it('is read where it is commented out, and has null for what has no default', () => {
    expect(treeOf('# udev_sync=1\n# cache_settings {\n# \tpolicy {\n# \t}\n# }\n# filter=\nother=2')).toEqual(
      {
        ...{ udev_sync: 1, cache_settings: { policy: {} }, filter: null, other: 2 },
      },
    );
  });

  it.each(['a {', 'a', '}', 'a=[1', 'a="x', '= 1', 'a { b=1 } }', '{ }', 'a=]'])(
    'is not whole: %s',
    (text) => {
      expect(parseConfig(text)).toBeNull();
    },
  );

  it('is a tree or null, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.array(fc.constantFrom('a', '=', '{', '}', '[', ']', ',', '"', '\n', '#', '1', ' ')),
        (any, marks) => {
          for (const text of [any, marks.join('')]) {
            const nodes = parseConfig(text);
            expect(nodes === null || Array.isArray(nodes)).toBe(true);
          }
        },
      ),
    );
  });

  it('is read as what was written', () => {
    const word = fc.stringMatching(/^[a-z][a-z_]{0,5}$/);
    const value = fc.oneof(
      fc.integer(),
      fc.string({ maxLength: 8 }).filter((text) => !/[\n\r#]/.test(text)),
    );
    const settings = fc.dictionary(word, fc.oneof(value, fc.array(value)));
    const written = (one: unknown): string =>
      Array.isArray(one)
        ? `[${one.map(written).join(', ')}]`
        : typeof one === 'string'
          ? `"${one.replace(/["\\]/g, '\\$&')}"`
          : String(one);
    fc.assert(
      fc.property(fc.dictionary(word, settings), (sections) => {
        const text = Object.entries(sections).map(
          ([name, inside]) =>
            `${name} {\n${Object.entries(inside)
              .map(([key, one]) => `\t${key}=${written(one)}\n`)
              .join('')}}\n`,
        );
        expect({ ...treeOf(text.join('')) }).toEqual({ ...sections });
      }),
    );
  });
});

describe('what lvmdiskscan writes', () => {
  it('names devices with their sizes, and counts them', () => {
    const text = [
      '  /dev/sda1      [       1.00 GiB] LVM physical volume',
      '  /dev/mapper/a b [      <64.00 MiB] ',
      '  1 disk',
      '  0 partitions',
      '  0 LVM physical volume whole disks',
      '  1 LVM physical volume',
    ];
    expect(parseDevices(text)).toEqual({
      devices: [
        { path: '/dev/sda1', size: '1.00 GiB', physicalVolume: true },
        { path: '/dev/mapper/a b', size: '<64.00 MiB', physicalVolume: false },
      ],
      totals: { disks: 1, partitions: 0, physicalVolumeDisks: 0, physicalVolumePartitions: 1 },
    });
  });

  it('has no totals if it is not whole, and never throws', () => {
    expect(parseDevices(['  /dev/sda [ 1.00 GiB] ', '  1 disk']).totals).toBeNull();
    fc.assert(
      fc.property(fc.array(fc.string()), (lines) => {
        const { devices } = parseDevices(lines);
        for (const { path } of devices) expect(lines.some((line) => line.trim().startsWith(path))).toBe(true);
        expect(devices.length).toBeLessThanOrEqual(lines.length);
      }),
    );
  });
});

describe('what lvscan writes', () => {
  it('names volumes with their state', () => {
    expect(
      parseVolumes([
        "ACTIVE   Original '/dev/vg/a' [4.00 MiB] inherit",
        "inactive Snapshot '/dev/vg/s-1' [1.00 GiB] contiguous",
        "  ACTIVE            '/dev/vg/c' [2.00 MiB] inherit",
        'something else',
      ]),
    ).toEqual([
      {
        path: '/dev/vg/a',
        name: 'vg/a',
        active: true,
        role: 'original',
        size: '4.00 MiB',
        allocationPolicy: 'inherit',
      },
      {
        path: '/dev/vg/s-1',
        name: 'vg/s-1',
        active: false,
        role: 'snapshot',
        size: '1.00 GiB',
        allocationPolicy: 'contiguous',
      },
      {
        path: '/dev/vg/c',
        name: 'vg/c',
        active: true,
        role: null,
        size: '2.00 MiB',
        allocationPolicy: 'inherit',
      },
    ]);
    fc.assert(
      fc.property(fc.array(fc.string()), (notes) => {
        expect(parseVolumes(notes).length).toBeLessThanOrEqual(notes.length);
      }),
    );
  });
});
