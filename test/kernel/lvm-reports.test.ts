import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeviceMapper } from '../../lib/index.ts';
import { lvColumns } from '../../lib/lvm/columns/lv.ts';
import { pvColumns } from '../../lib/lvm/columns/pv.ts';
import type { Columns } from '../../lib/lvm/columns/row.ts';
import { segColumns } from '../../lib/lvm/columns/seg.ts';
import { vgColumns } from '../../lib/lvm/columns/vg.ts';
import { devicesOf, groupOf, segmentsOf, volumeOf } from '../../lib/lvm/state.ts';
import { write } from './support/disks.ts';
import { later, loopDisk, run, volumeGroup } from './support/lab.ts';
import { openLvm } from './support/lvm.ts';
import { sameMoment, until } from './support/moment.ts';
import { richStack } from './support/rich-stack.ts';

const vg = 'told';
const partial = 'told-partial';
const tags = ['a=b:c&d#!', 'x/y.z-+_', '2026'];
const dm = DeviceMapper.open();
const lvm = openLvm();

const notIn2_03_16 = [
  ...['cache_promotions', 'cache_demotions', 'kernel_cache_mode', 'integrity_settings'],
  ...['vg_persist', 'vg_pr'],
];

let orphan = '';
let plainDisk = '';

beforeAll(async () => {
  const { disks } = await richStack(vg);
  const [first, , third] = disks.map(({ path }) => path);
  await run('lvcreate', ['--yes', '--type', 'linear', '--size', '2m', '--name', 'plain-lv', vg, first ?? '']);
  await run('lvextend', ['--size', '+1m', `${vg}/plain-lv`, third ?? '']);
  for (const tag of tags) {
    await run('lvchange', ['--addtag', tag, `${vg}/plain-lv`]);
    await run('vgchange', ['--addtag', tag, vg]);
    await run('pvchange', ['--addtag', tag, first ?? '']);
  }
  const [lost, left] = [await loopDisk(32), await loopDisk(32)];
  await volumeGroup(partial, [lost, left], { extentSize: '1m' });
  await run('lvcreate', [
    '--yes',
    '--type',
    'raid1',
    '--mirrors',
    '1',
    '--size',
    '4m',
    '--name',
    'raid',
    partial,
  ]);
  await run('lvcreate', [
    '--yes',
    '--type',
    'striped',
    '--stripes',
    '2',
    '--size',
    '4m',
    '--name',
    'wide',
    partial,
  ]);
  await write(lost.path, 0, 1024 * 1024, 0);
  later(async () => {
    await run('vgreduce', ['--removemissing', '--force', partial]);
  });
  const spare = await loopDisk(32);
  orphan = spare.path;
  await run('pvcreate', [orphan]);
  plainDisk = (await loopDisk(32)).path;
  await until(
    async () => (await lvm.lvs({ fields: ['copyPercent', 'segtype'] })).map((row) => row.copyPercent),
    (percents) => percents.every((percent) => percent === null || percent === 0 || percent === 100),
  );
});
afterAll(() => dm.close());

/** What lvm says as text, by its names of the fields. */
async function asText(
  command: string,
  fields: string,
  ...more: readonly string[]
): Promise<readonly ReadonlyMap<string, string>[]> {
  const words = [
    '--noheadings',
    '--nameprefixes',
    '--units',
    'b',
    '--nosuffix',
    '--options',
    fields,
    ...more,
  ];
  const { stdout } = await run(command, words);
  return stdout
    .trim()
    .split('\n')
    .map(
      (line) =>
        new Map(
          [...line.matchAll(/LVM2_([A-Z_]+)='([^']*)'/g)].map(([, field = '', text = '']) => [
            field.toLowerCase(),
            text,
          ]),
        ),
    );
}

/** A value as lvm writes it, where it writes it in one way only. */
function written(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Date) return value.getTime();
  if (Array.isArray(value)) return value.map(writtenItem).join(',');
  return value;
}

function writtenItem(item: unknown): unknown {
  if (typeof item !== 'object' || item === null) return item;
  const { name, extent, first, last } = item as Record<string, unknown>;
  return extent === undefined
    ? `${name ?? '[unknown]'}:${first}-${last}`
    : `${name ?? '[unknown]'}(${extent})`;
}

/** The text of a field as the value that it should have become, brackets of hidden names left out. */
function wanted(text: string, value: unknown): unknown {
  if (typeof value === 'boolean') return text !== '' && text !== 'unknown' && text !== 'not active';
  if (value instanceof Date) return Date.parse(text.replace(/^(\S+) (\S+) (\S+)$/, '$1T$2$3'));
  if (value === null && ['', '-1', 'unknown', '[unknown]', 'undefined'].includes(text)) return null;
  if (typeof value === 'number') return Number(text);
  const bare = text.replace(/\[(?!unknown)([^\]]+)\]/g, '$1');
  return Array.isArray(value) ? bare.replaceAll(' ', ',') : bare;
}

function expectSame(columns: Columns, row: object, texts: ReadonlyMap<string, string>): void {
  const compared: Record<string, unknown> = {};
  const expected: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(row)) {
    const field = columns[key]?.field ?? '';
    if (['attributes', 'hidden', 'kernelKnown', 'more'].includes(key)) continue;
    compared[key] = written(value);
    const text = texts.get(field);
    // A field that this lvm does not have is one of those that came later.
    if (text === undefined) expect(notIn2_03_16).toContain(field);
    expected[key] = text === undefined ? written(columns[key]?.absent) : wanted(text, value);
  }
  expect(compared).toEqual(expected);
}

describe('a row says what lvm says as text, field by field', () => {
  it('of every volume, hidden ones too', async () => {
    const { reference, ours } = await sameMoment(
      () => asText('lvs', 'lv_all,segtype,vg_name,vg_uuid', '--all'),
      () => lvm.lvs({ all: true }),
    );
    const texts = new Map(reference.map((text) => [text.get('lv_uuid'), text]));
    expect(ours).toHaveLength(texts.size);
    for (const row of ours) {
      expectSame(lvColumns, row, texts.get(row.uuid) ?? new Map());
      expect(row.more).toEqual({});
      expect(row.hidden).toBe(texts.get(row.uuid)?.get('lv_name')?.startsWith('['));
    }
    expect(new Set(ours.map(({ segtype }) => segtype))).toEqual(
      new Set(['linear', 'striped', 'raid1', 'mirror', 'thin-pool', 'thin', 'cache', 'cache-pool']),
    );
  });

  it('of every group', async () => {
    const reference = await asText('vgs', 'vg_all');
    const ours = await lvm.vgs();
    expect(ours.map(({ name }) => name).sort()).toEqual([partial, vg].sort());
    for (const row of ours) {
      const text = reference.find((found) => found.get('vg_uuid') === row.uuid) ?? new Map();
      expectSame(vgColumns, row, text);
      expect(row.more).toEqual({});
    }
  });

  it('of every device, a missing one and one of no group too', async () => {
    const reference = await asText('pvs', 'pv_all,vg_name');
    const ours = await lvm.pvs();
    expect(ours).toHaveLength(6);
    for (const row of ours) {
      const text = reference.find((found) => found.get('pv_uuid') === row.uuid) ?? new Map();
      expectSame(pvColumns, row, text);
      expect(row.more).toEqual({});
    }
  });

  it('of every segment', async () => {
    const reference = await asText('lvs', 'seg_all,lv_name,lv_uuid,vg_name', '--all', '--segments');
    const ours = await lvm.segs({ all: true });
    expect(ours).toHaveLength(reference.length);
    for (const row of ours) {
      const text = reference.find(
        (found) => found.get('lv_uuid') === row.lvUuid && found.get('seg_start_pe') === String(row.startPe),
      );
      expectSame(segColumns, row, text ?? new Map());
      expect(row.more).toEqual({});
    }
  });
});

describe('a report', () => {
  it('keeps tags of odd characters whole', async () => {
    const [row] = await lvm.lvs({ targets: [`${vg}/plain-lv`] });
    expect([...(row?.tags ?? [])].sort()).toEqual([...tags].sort());
    expect((await lvm.lvs({ targets: ['@2026'] })).map(({ name }) => name)).toContain('plain-lv');
  });

  it('has a row a volume, also of a volume of several segments', async () => {
    const rows = await lvm.lvs({ targets: [`${vg}/plain-lv`] });
    expect(rows.map(({ name, segCount, segtype }) => ({ name, segCount, segtype }))).toEqual([
      { name: 'plain-lv', segCount: 2, segtype: 'linear' },
    ]);
    expect(await lvm.segs({ targets: [`${vg}/plain-lv`] })).toHaveLength(2);
  });

  it('shows hidden volumes with all only', async () => {
    expect((await lvm.lvs()).filter(({ hidden }) => hidden)).toEqual([]);
    expect((await lvm.lvs({ all: true })).filter(({ hidden }) => hidden).length).toBeGreaterThan(10);
  });

  it('shows devices that are no physical volumes with all only', async () => {
    expect((await lvm.pvs()).map(({ name }) => name)).not.toContain(plainDisk);
    const devices = await lvm.pvs({ all: true });
    expect(devices.find(({ name }) => name === plainDisk)).toMatchObject({
      ...{ uuid: null, vgName: null, size: 0n, devSize: 32n * 1024n * 1024n, peCount: 0 },
    });
  });

  it('has only the columns that were asked for', async () => {
    const rows = await lvm.lvs({ fields: ['name', 'size'], select: 'lv_name = plain-lv' });
    expect(rows).toEqual([{ name: 'plain-lv', size: 3n * 1024n * 1024n, more: {} }]);
  });

  it('leaves out columns that this lvm does not have', async () => {
    const rows = await lvm.lvs({ fields: ['name', 'kernelCacheMode'], targets: [`${vg}/slow`] });
    expect(rows).toEqual([{ name: 'slow', kernelCacheMode: null, more: {} }]);
  });

  it('says by select what no row is, with an empty list', async () => {
    expect(await lvm.vgs({ select: 'vg_name = nothing' })).toEqual([]);
  });

  it('shows the missing device as such', async () => {
    const [missing] = (await lvm.pvs()).filter((row) => row.missing === true);
    expect(missing).toMatchObject({ name: null, vgName: partial, attributes: { missing: true } });
    const [wide] = await lvm.segs({ targets: [`${partial}/wide`] });
    expect(wide?.devices.map(({ name }) => name === null).sort()).toEqual([false, true]);
    const [raid] = await lvm.lvs({ targets: [`${partial}/raid`] });
    expect(raid).toMatchObject({ healthStatus: 'partial', attributes: { health: 'partial' } });
  });

  it('of a group that is not there rejects with not-found', async () => {
    await expect(lvm.lvs({ targets: ['no_such'] })).rejects.toMatchObject({ reason: 'not-found' });
    await expect(lvm.fullreport({ targets: ['no_such'] })).rejects.toMatchObject({ reason: 'not-found' });
  });

  it('with a selection that lvm does not understand rejects, and no row is invented', async () => {
    await expect(lvm.lvs({ select: 'no such thing' })).rejects.toMatchObject({ name: 'LvmError' });
  });

  it('says where the kernel was not asked, and no more than it knows', async () => {
    const rows = await lvm.lvs({ readonly: true });
    expect(rows.length).toBeGreaterThan(5);
    for (const row of rows)
      expect(row).toMatchObject({ kernelKnown: false, active: null, attributes: { state: 'unknown' } });
    for (const row of await lvm.lvs()) expect(row).toMatchObject({ kernelKnown: true, active: true });
  });

  it('of a process that may not ask device-mapper says so as well', async () => {
    const prefix = ['setpriv', '--bounding-set', '-sys_admin', '--inh-caps', '-sys_admin'];
    const rows = await openLvm({ prefix }).lvs();
    expect(rows.length).toBeGreaterThan(5);
    for (const row of rows) expect(row).toMatchObject({ kernelKnown: false, active: null });
  });
});

describe('a full report', () => {
  it('has all that the single reports have', async () => {
    const { reference, ours } = await sameMoment(
      async () => ({
        lvs: new Set(await lvm.lvs({ all: true })),
        vgs: new Set(await lvm.vgs()),
        pvs: new Set(await lvm.pvs()),
      }),
      () => lvm.fullreport(),
    );
    expect(new Set(ours.groups.flatMap(({ lvs }) => lvs))).toEqual(reference.lvs);
    expect(new Set(ours.groups.map((group) => group.vg))).toEqual(reference.vgs);
    expect(new Set(devicesOf(ours))).toEqual(reference.pvs);
    expect(ours.orphans.map(({ name }) => name)).toEqual([orphan]);
  });

  it('of one group has that group only, and accounts for each extent of its devices', async () => {
    const state = await lvm.fullreport({ targets: [vg] });
    expect(state.groups.map((group) => group.vg.name)).toEqual([vg]);
    const group = groupOf(state, vg);
    const extents = group?.pvSegs.reduce((sum, { size }) => sum + size, 0);
    expect(extents).toBe(group?.vg.extentCount);
    const plain = volumeOf(state, `${vg}/plain-lv`);
    expect(plain === undefined ? [] : segmentsOf(state, plain).map(({ startPe }) => startPe)).toEqual([0, 2]);
  });
});

describe('volumes', () => {
  it('have the status that device-mapper gives of them', async () => {
    const devices = {
      mirror: '',
      raid: '-real',
      snap: '',
      pool: '-tpool',
      thin: '',
      slow: '',
      'plain--lv': '',
    };
    const volumes = await lvm.volumes(dm, { targets: [vg] });
    expect(volumes.map(({ lv }) => lv.name).sort()).toEqual(
      Object.keys(devices)
        .map((name) => name.replace('--', '-'))
        .sort(),
    );
    for (const [name, layer] of Object.entries(devices)) {
      const volume = volumes.find(({ lv }) => lv.name === name.replace('--', '-'));
      const status = await dm.status({ name: `told-${name}${layer}` }, { extentSectors: 2048 });
      expect(volume?.status).toEqual(status);
    }
  });

  it('account for every device of the group, hidden volumes included', async () => {
    const volumes = await lvm.volumes(dm, { all: true });
    const joined = volumes.flatMap(({ devices }) => devices.map(({ name }) => name)).sort();
    const all = (await dm.devices()).filter(({ uuid }) => uuid?.startsWith('LVM-'));
    expect(joined).toEqual(all.map(({ name }) => name).sort());
  });

  it('that are not active have none', async () => {
    await run('lvchange', ['--activate', 'n', `${vg}/plain-lv`]);
    later(async () => {
      await run('lvchange', ['--activate', 'y', `${vg}/plain-lv`]);
    });
    const volumes = await lvm.volumes(dm, { targets: [vg] });
    expect(volumes.find(({ lv }) => lv.name === 'plain-lv')).toMatchObject({ status: null, devices: [] });
  });
});

describe('capabilities', () => {
  it('are what lvm says of itself', async () => {
    const { stdout } = await run('lvm', ['version']);
    const { version, release, library, driver, segtypes, formats } = await lvm.capabilities();
    expect(stdout).toContain(`LVM version:     ${version} (`);
    expect(version.startsWith(`${release[0]}.`)).toBe(true);
    expect(stdout).toContain(`Library version: ${library} (`);
    expect(stdout).toContain(`Driver version:  ${driver}`);
    expect(formats).toEqual(['lvm2']);
    expect(segtypes).toEqual(expect.arrayContaining(['linear', 'mirror', 'raid1', 'thin-pool', 'cache']));
  });
});
