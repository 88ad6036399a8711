import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AnyOperation, isOperation, type OperationTree } from '../../../../lib/lvm/bind.ts';
import { parseBackup, readBackup } from '../../../../lib/lvm/commands/backup-file.ts';
import { parseBackups } from '../../../../lib/lvm/commands/backup-list.ts';
import { asksToDestroy } from '../../../../lib/lvm/commands/destroy-plan.ts';
import { operations } from '../../../../lib/lvm/commands/index.ts';
import { parseChecks } from '../../../../lib/lvm/commands/pvck.ts';
import { hasTags, lacksTags } from '../../../../lib/lvm/commands/tag-check.ts';
import { parseGroups } from '../../../../lib/lvm/commands/vgscan.ts';
import { LvmNameError } from '../../../../lib/lvm/names.ts';
import { commandLine } from '../../../../lib/lvm/operation.ts';

const family: ReadonlyMap<string, AnyOperation> = new Map(
  Object.entries(operations)
    .filter(([name]) => /^(?:pv(?!move|s)|vg(?!s$))/.test(name))
    .flatMap(([name, node]) => leaves(name, node)),
);

function leaves(name: string, node: AnyOperation | OperationTree): (readonly [string, AnyOperation])[] {
  if (isOperation(node)) return [[name, node]];
  return Object.entries(node).flatMap(([key, below]) => leaves(`${name}.${key}`, below));
}

function argv(name: string, subject: unknown, options: unknown): readonly string[] {
  const found = family.get(name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return commandLine(found, subject as never, options as never).argv;
}

const uuid = 'abcdef-abcd-abcd-abcd-abcd-abcd-abcdef';
const sdb = '/dev/sdb';

const examples: readonly (readonly [string, unknown, object, string])[] = [
  [
    'pvcreate',
    sdb,
    { wipeSignatures: true, pvMetadataCopies: 2 },
    'pvcreate --pvmetadatacopies 2 -- /dev/sdb',
  ],
  [
    'pvcreate',
    [sdb, '/dev/sdc'],
    { dataAlignment: '1MiB', size: '1GiB', allowOtherSize: true },
    'pvcreate --dataalignment 1048576b --setphysicalvolumesize 1073741824b -- /dev/sdb /dev/sdc',
  ],
  ['pvcreate', sdb, { uuid, restoreFile: '/b' }, `pvcreate --uuid ${uuid} --restorefile /b -- /dev/sdb`],
  ['pvcreate', sdb, { uuid, restoreFile: false }, `pvcreate --uuid ${uuid} --norestorefile -- /dev/sdb`],
  ['pvcreate', sdb, { allowForeignGroup: 'old' }, 'pvcreate --force --force -- /dev/sdb'],
  ['pvremove', sdb, { allowForeignGroup: null }, 'pvremove --force --force -- /dev/sdb'],
  ['pvresize', sdb, { size: 4096 }, 'pvresize --setphysicalvolumesize 4096b -- /dev/sdb'],
  [
    'pvchange',
    sdb,
    {
      allocatable: false,
      addTags: ['-a', '@b'],
      newUuid: true,
      metadataIgnore: true,
      allowOtherCopies: true,
    },
    'pvchange --allocatable n --addtag=-a --addtag=b --metadataignore y --uuid --force -- /dev/sdb',
  ],
  ['pvck.check', sdb, { labelSector: 1 }, 'pvck --labelsector 1 -- /dev/sdb'],
  ['pvck.dump', sdb, { dump: 'headers' }, 'pvck --dump headers -- /dev/sdb'],
  [
    'vgcreate',
    'vg',
    { devices: [sdb], extentSize: '1MiB', tags: ['t'], vgMetadataCopies: 2, wipeSignatures: true },
    'vgcreate --physicalextentsize 1048576b --vgmetadatacopies 2 --addtag=t -- vg /dev/sdb',
  ],
  ['vgextend', 'vg', { devices: [sdb], metadataIgnore: true }, 'vgextend --metadataignore y -- vg /dev/sdb'],
  ['vgextend', 'vg', { devices: [sdb], restoreMissing: true }, 'vgextend --restoremissing -- vg /dev/sdb'],
  ['vgreduce.devices', 'vg', { devices: [sdb] }, 'vgreduce -- vg /dev/sdb'],
  ['vgreduce.unused', 'vg', { autobackup: false }, 'vgreduce --all --autobackup n -- vg'],
  ['vgreduce.removeMissing', 'vg', {}, 'vgreduce --removemissing -- vg'],
  ['vgreduce.removeMissing', 'vg', { allowDestroy: ['vg/a'] }, 'vgreduce --removemissing --force -- vg'],
  [
    'vgreduce.removeMissing',
    'vg',
    { mirrorsOnly: true },
    'vgreduce --removemissing --mirrorsonly --force -- vg',
  ],
  ['vgremove', 'vg', { allowDestroy: ['vg/a'], allowMissing: true }, 'vgremove -- vg'],
  ['vgrename', 'vg', { to: 'new' }, 'vgrename -- vg new'],
  ['vgrename', uuid, { to: 'new' }, `vgrename -- ${uuid} new`],
  ['vgmerge', 'vg', { from: 'other', poolMetadataSpare: false }, 'vgmerge --poolmetadataspare n -- vg other'],
  ['vgsplit.devices', 'vg', { to: 'new', devices: [sdb] }, 'vgsplit -- vg new /dev/sdb'],
  [
    'vgsplit.volume',
    'vg/lv',
    { to: 'new', maxLogicalVolumes: 2 },
    'vgsplit --name lv --maxlogicalvolumes 2 -- vg new',
  ],
  ['vgexport', ['a', 'b'], {}, 'vgexport -- a b'],
  ['vgimport', 'a', { allowMissing: true }, 'vgimport --force -- a'],
  [
    'vgimportclone',
    [sdb],
    { baseVgName: 'copy', import: true, importDevices: true },
    'vgimportclone --basevgname copy --import --importdevices -- /dev/sdb',
  ],
  ['vgck.check', 'vg', {}, 'vgck -- vg'],
  ['vgck.updateMetadata', 'vg', {}, 'vgck --updatemetadata -- vg'],
  ['vgcfgbackup', ['a', 'b'], { file: '/b/%s' }, 'vgcfgbackup --file /b/%s -- a b'],
  ['vgcfgrestore.restore', 'vg', { file: '/b', allowThin: true }, 'vgcfgrestore --file /b --force -- vg'],
  ['vgcfgrestore.list', 'vg', {}, 'vgcfgrestore --list -- vg'],
  ['vgcfgrestore.listFile', '/b', {}, 'vgcfgrestore --list --file /b'],
  ['vgscan', undefined, { mknodes: true }, 'vgscan --mknodes'],
  ['vgmknodes', undefined, { names: ['a', 'b/c'], refresh: true }, 'vgmknodes --refresh -- a b/c'],
  [
    'vgchange.activate',
    'vg',
    { activationMode: 'partial' },
    'vgchange --activate y --activationmode partial -- vg',
  ],
  ['vgchange.autoactivate', 'vg', {}, 'vgchange --activate ay -- vg'],
  ['vgchange.deactivate', 'vg', {}, 'vgchange --activate n -- vg'],
  ['vgchange.refresh', 'vg', { poll: true }, 'vgchange --refresh --poll y -- vg'],
  [
    'vgchange.change',
    'vg',
    {
      maxLogicalVolumes: 3,
      vgMetadataCopies: 'unmanaged',
      newUuid: true,
      deleteTags: ['x'],
      resizeable: false,
    },
    'vgchange --deltag=x --logicalvolume 3 --resizeable n --vgmetadatacopies unmanaged --uuid -- vg',
  ],
  ['vgchange.change', 'vg', { metadataProfile: 'p' }, 'vgchange --metadataprofile p -- vg'],
  ['vgchange.monitor', 'vg', { monitor: true }, 'vgchange --monitor y -- vg'],
  ['vgchange.poll', 'vg', { poll: false }, 'vgchange --poll n -- vg'],
  ['vgchange.systemId', 'vg', { systemId: 'host' }, 'vgchange --systemid host -- vg'],
  ['vgchange.systemId', 'vg', { systemId: '' }, 'vgchange --systemid  -- vg'],
  ['vgchange.lockType', 'vg', { lockType: 'none' }, 'vgchange --locktype none -- vg'],
  ['vgchange.lockStart', 'vg', {}, 'vgchange --lockstart -- vg'],
  ['vgchange.lockStop', ['vg'], {}, 'vgchange --lockstop -- vg'],
];

describe('the command lines of pv and vg commands', () => {
  it.each(examples)('%s(%j, %j) is %s', (name, subject, options, expected) => {
    expect(argv(name, subject, options).join(' ')).toBe(expected);
  });

  it('are tried here of each operation', () => {
    expect([...new Set(examples.map(([name]) => name))].sort()).toEqual([...family.keys()].sort());
  });

  it.each([
    ['pvcreate', sdb, { uuid }],
    ['pvcreate', sdb, { restoreFile: false }],
    ['pvcreate', [sdb, '/dev/sdc'], { uuid, restoreFile: false }],
    ['pvcreate', sdb, { uuid, restoreFile: '/b', bootloaderAreaSize: '1MiB' }],
    ['pvcreate', sdb, { pvMetadataCopies: 3 }],
    ['pvcreate', sdb, { allowForeignGroup: '-x' }],
    ['vgcreate', 'vg', {}],
    ['vgcreate', 'vg', { devices: [] }],
    ['vgcreate', 'vg', { devices: [sdb], vgMetadataCopies: -1 }],
    ['vgcfgbackup', 'vg', { file: '/b/%n' }],
    ['vgcfgbackup', 'vg', { file: '/b/%s%s' }],
    ['vgcfgbackup', ['a', 'b'], { file: '/b/all' }],
    ['vgmknodes', undefined, { names: ['--help'] }],
    ['vgrename', 'vg', { to: '..' }],
    ['vgchange.systemId', 'vg', { systemId: '-x' }],
    ['vgchange.change', 'vg', { metadataProfile: '../../etc/x' }],
    ['vgreduce.removeMissing', 'vg', { allowDestroy: ['a'] }],
  ] as const)('%s(%j, %j) is refused before anything runs', (name, subject, options) => {
    expect(() => argv(name, subject, options)).toThrow(/must|is not a name/);
  });

  it('never take what a caller gave for an option, whatever it is', () => {
    // Each word is an option of its table, stands behind one that takes it, or is behind `--`.
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom('-y', '--yes', '--config', '--', '-', '/dev/sdb', 'vg', uuid),
    );
    const value = fc.oneof(
      text,
      fc.boolean(),
      fc.array(text, { maxLength: 3 }),
      fc.integer(),
      fc.constant(null),
    );
    const anyCall = fc.constantFrom(...family.entries()).chain(([name, { options }]) => {
      const shape = Object.fromEntries(Object.keys(options).map((key) => [key, value]));
      return fc.tuple(fc.constant(name), value, fc.record(shape, { requiredKeys: [] }));
    });
    fc.assert(
      fc.property(anyCall, ([name, subject, options]) => {
        let line: readonly string[];
        try {
          line = argv(name, subject, options);
        } catch (error) {
          expect(
            error instanceof TypeError || error instanceof RangeError || error instanceof LvmNameError,
          ).toBe(true);
          return;
        }
        expectOwnOptions(name, line);
      }),
      { numRuns: 3000 },
    );
  });
});

const without =
  /^--(?:yes|test|force|uuid|all|list|removemissing|mirrorsonly|restoremissing|updatemetadata|norestorefile|refresh|mknodes|import|importdevices|readonly|detachprofile|ignoreactivationskip|lockstart|lockstop)$/;
const joined = /^--(?:addtag|deltag)=/;

function expectOwnOptions(name: string, line: readonly string[]): void {
  const { options, fixed } = family.get(name) ?? { options: {}, fixed: [] };
  const known = new Set([
    ...Object.values(options).flatMap(({ flag }) => flag.split(/,? /)),
    ...fixed,
    // An option of two forms, and those that a subject becomes.
    ...['--norestorefile', '--name', '--file'],
  ]);
  const end = line.indexOf('--');
  const flags = line.slice(1, end === -1 ? undefined : end);
  for (let at = 0; at < flags.length; at++) {
    const word = flags[at] ?? '';
    expect(known).toContain(word.replace(/=.*/s, ''));
    // What it takes is none of ours to judge; no option of lvm's takes the next word for one of its own.
    if (!joined.test(word) && !without.test(word)) at++;
  }
}

describe('what they print', () => {
  it('vgcfgrestore --list: backups, with the file where it really is', () => {
    const notes = [
      ' ',
      'File:\t\t/etc/lvm/archive/vg_00000-1.vg',
      'Unable to read archive file.',
      ' ',
      '  File:\t\t/etc/lvm/backup/vg/vg',
      '  VG name:    \tvg',
      "  Description:\tCreated *after* executing 'vgextend vg /dev/sdb'",
      '  Backup Time:\tFri Nov 20 06:47:16 2026\n',
    ];
    expect(parseBackups(notes)).toEqual([
      { file: '/etc/lvm/archive/vg_00000-1.vg', vgName: null, description: null, time: null },
      {
        file: '/etc/lvm/backup/vg',
        vgName: 'vg',
        description: "Created *after* executing 'vgextend vg /dev/sdb'",
        time: 'Fri Nov 20 06:47:16 2026',
      },
    ]);
  });

  it('vgcfgbackup: the revision of the group', () => {
    const text = `# Generated\ncontents = "Text Format Volume Group"\n\nvg {\n\tid = "${uuid}"\n\tseqno = 7\n\tformat = "lvm2"\n`;
    expect(parseBackup(text, 'vg')).toEqual({ uuid, seqno: 7 });
    expect(parseBackup(text, 'other')).toBe(null);
    expect(readBackup('/nosuch', 'vg')).toBe(null);
    fc.assert(fc.property(fc.string(), (any) => parseBackup(any, 'vg') === null || any.includes('vg {')));
  });

  it('pvck: labels and metadata areas', () => {
    expect(
      parseChecks([
        '  Found label on /dev/sdb, sector 1, type=LVM2 001',
        '  Found text metadata area: offset=4096, size=1044480',
        'Found label on /dev/sdc, sector 0, type=LVM2 001',
      ]),
    ).toEqual([
      { device: sdb, sector: 1, type: 'LVM2 001', metadataAreas: [{ offset: 4096, size: 1044480 }] },
      { device: '/dev/sdc', sector: 0, type: 'LVM2 001', metadataAreas: [] },
    ]);
  });

  it('vgscan: groups', () => {
    expect(
      parseGroups([
        'Found volume group "a" using metadata type lvm2',
        'Found exported volume group "b" using metadata type lvm2',
      ]),
    ).toEqual([
      { name: 'a', exported: false, format: 'lvm2' },
      { name: 'b', exported: true, format: 'lvm2' },
    ]);
  });

  it('may be anything', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (notes) => {
        expect(Array.isArray(parseBackups(notes))).toBe(true);
        expect(Array.isArray(parseChecks(notes))).toBe(true);
        expect(Array.isArray(parseGroups(notes))).toBe(true);
      }),
    );
  });
});

describe('leave to destroy', () => {
  const names = fc.uniqueArray(fc.constantFrom('vg/a', 'vg/b', 'vg/c', 'vg/d'));

  it('is given by just the volumes of the plan, in any order', () => {
    fc.assert(
      fc.property(names, names, (plan, given) => {
        const same = plan.length === given.length && plan.every((name) => given.includes(name));
        const [question] = asksToDestroy(plan, given, 'this');
        expect(question).toMatchObject({ consent: 'allowDestroy', certain: true, granted: same });
      }),
    );
  });

  it('is not asked where nothing would be destroyed', () => {
    expect(asksToDestroy([], undefined, 'this')).toEqual([]);
  });

  it('names both what would be destroyed and what was allowed', () => {
    const [question] = asksToDestroy(['vg/a'], ['vg/b'], 'removing vg');
    expect(question?.text).toMatch(/removing vg would destroy \[vg\/a\].*\[vg\/b\]/);
  });
});

describe('tags afterwards', () => {
  it('are as wanted, or the first that is not is named', () => {
    expect(hasTags(['a', 'b'], ['@a', 'b'])).toBe(null);
    expect(hasTags(['a'], ['a', 'b'])).toContain('b');
    expect(lacksTags(['a'], ['b'], undefined)).toBe(null);
    expect(lacksTags(['a'], ['a'], undefined)).toContain('a');
    expect(lacksTags(['a'], ['a'], ['a'])).toBe(null);
  });
});
