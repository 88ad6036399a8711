import type { DeviceStatus } from '../../../lib/device.ts';
import { lvColumns } from '../../../lib/lvm/columns/lv.ts';
import { pvColumns } from '../../../lib/lvm/columns/pv.ts';
import { pvSegColumns } from '../../../lib/lvm/columns/pvseg.ts';
import { readRow } from '../../../lib/lvm/columns/row.ts';
import { segColumns } from '../../../lib/lvm/columns/seg.ts';
import { vgColumns } from '../../../lib/lvm/columns/vg.ts';
import type { GroupState } from '../../../lib/lvm/state.ts';
import { decode } from '../../../lib/targets/index.ts';

/** An LV of a made-up group `vg`; its extents are on the PVs of `on`, or it stands on the LVs of `parts`. */
export interface MadeLv {
  readonly name: string;
  readonly type?: string;
  /** Extents by the letter of the PV. */
  readonly on?: Readonly<Record<string, number>>;
  readonly parts?: readonly string[];
  readonly metadata?: readonly string[];
  readonly fields?: Readonly<Record<string, string>>;
  /** Fields of its segment. */
  readonly seg?: Readonly<Record<string, string>>;
}

/** A group of PVs by letters, `a` being /dev/sda, of so many extents of 1 MiB; those in `missing` have no device. */
export function groupOf(
  pvs: Readonly<Record<string, number>>,
  lvs: readonly MadeLv[],
  missing: readonly string[] = [],
): GroupState {
  const used = new Map(Object.keys(pvs).map((letter) => [letter, 0]));
  const path = (letter: string): string => (missing.includes(letter) ? '[unknown]' : `/dev/sd${letter}`);
  const runs: Readonly<Record<string, string>>[] = [];
  const segs: Readonly<Record<string, string>>[] = [];
  const cells = lvs.map((lv, index) => {
    const uuid = lvUuidOf(index);
    const own = Object.entries(lv.on ?? {}).map(([letter, size]) => {
      const start = used.get(letter) ?? 0;
      used.set(letter, start + size);
      runs.push({
        ...{ pvseg_start: `${start}`, pvseg_size: `${size}`, pv_name: path(letter), pv_uuid: uuidOf(letter) },
        ...{ lv_name: lv.name, lv_uuid: uuid },
      });
      return `${path(letter)}(${start})`;
    });
    segs.push({
      ...{ lv_name: lv.name, lv_uuid: uuid, vg_name: 'vg', segtype: lv.type ?? 'linear' },
      devices: [...own, ...(lv.parts ?? []).map((part) => `${part}(0)`)].join(','),
      metadata_devices: (lv.metadata ?? []).map((part) => `${part}(0)`).join(','),
      ...lv.seg,
    });
    const size = Object.values(lv.on ?? {}).reduce((sum, one) => sum + one, 0);
    return {
      ...{
        lv_uuid: uuid,
        lv_name: lv.name,
        lv_full_name: `vg/${lv.name}`,
        vg_name: 'vg',
        vg_uuid: groupUuid,
        lv_attr: '-wi-a-----',
      },
      ...{ segtype: lv.type ?? 'linear', lv_active: 'active', lv_size: `${size * 2 ** 20}` },
      ...lv.fields,
    };
  });
  const free = Object.entries(pvs).map(([letter, total]) => ({
    ...{ pvseg_start: `${used.get(letter)}`, pvseg_size: `${total - (used.get(letter) ?? 0)}` },
    ...{ pv_name: path(letter), pv_uuid: uuidOf(letter), lv_name: '', lv_uuid: '' },
  }));
  return {
    vg: readRow(vgColumns, { vg_name: 'vg', vg_uuid: groupUuid, vg_extent_size: `${2 ** 20}` }).row,
    lvs: cells.map((cell) => readRow(lvColumns, cell).row),
    pvs: Object.entries(pvs).map(
      ([letter, total]) =>
        readRow(pvColumns, {
          ...{ pv_name: path(letter), pv_uuid: uuidOf(letter), vg_name: 'vg', pv_attr: 'a--' },
          ...{
            pv_missing: missing.includes(letter) ? '1' : '0',
            pv_allocatable: '1',
            pe_start: `${2 ** 20}`,
          },
          ...{ pv_pe_count: `${total}`, pv_pe_alloc_count: `${used.get(letter)}` },
        }).row,
    ),
    segs: segs.map((cell) => readRow(segColumns, cell).row),
    pvSegs: [...runs, ...free].map((cell) => readRow(pvSegColumns, cell).row),
  };
}

/** The uuid of a PV by its letter. */
export function uuidOf(letter: string): string {
  return `${letter.repeat(6)}-aaaa-aaaa-aaaa-aaaa-aaaa-aaaaaa`;
}

/** What the kernel says of a volume of such a group: a target's name, and words as `dmsetup status` has them. */
export function kernelOf({ lvs }: GroupState, name: string, target: string, words: string): DeviceStatus {
  const row = lvs.find((lv) => lv.name === name);
  if (row === undefined) throw new Error('there is no such volume');
  const uuid = `LVM-${groupUuid.replaceAll('-', '')}${row.uuid.replaceAll('-', '')}`;
  const segments = [{ start: 0, length: 20480, status: decode(target, words) }];
  return { name: `vg-${name}`, uuid, major: 253, minor: 0, segments, error: null } as never;
}

/** What it says of a dm-mirror: the letters of its legs, and how many of its regions are in sync. */
export function kernelMirror(
  group: GroupState,
  name: string,
  letters: string,
  used: number,
  total: number,
): DeviceStatus {
  const legs = [...letters].map((_, index) => `252:${index}`).join(' ');
  return kernelOf(group, name, 'mirror', `${letters.length} ${legs} ${used}/${total} 1 ${letters} 1 core`);
}

/** What it says of all dm-mirrors of a group that are well. */
export function wellMirrors(group: GroupState): readonly DeviceStatus[] {
  return group.lvs
    .filter(({ segtype }) => segtype === 'mirror')
    .map(({ name }) => kernelMirror(group, name, 'AA', 10, 10));
}

const groupUuid = 'gggggg-gggg-gggg-gggg-gggg-gggg-gggggg';

function lvUuidOf(index: number): string {
  const digits = `${index}`.padStart(6, '0');
  return `${digits}-0000-0000-0000-0000-0000-000000`;
}

/** A dm-mirror with its images and, if there is a letter for it, a log. */
export function mirrorOf(
  name: string,
  extents: number,
  legs: readonly string[],
  log: string | null,
  fields: Readonly<Record<string, string>> = {},
): readonly MadeLv[] {
  return [
    {
      ...{ name, type: 'mirror', parts: legs.map((_, index) => `${name}_mimage_${index}`) },
      fields: { ...(log === null ? {} : { mirror_log: `[${name}_mlog]` }), ...fields },
    },
    ...legs.map((letter, index) => hidden(`${name}_mimage_${index}`, { [letter]: extents })),
    ...(log === null ? [] : [hidden(`${name}_mlog`, { [log]: 1 })]),
  ];
}

/** A RAID with its images and their metadata; a leg named `error` has only errors in its place. */
export function raidOf(
  name: string,
  type: string,
  extents: number,
  legs: readonly string[],
): readonly MadeLv[] {
  const indexes = legs.map((_, index) => index);
  return [
    {
      ...{ name, type, parts: indexes.map((index) => `${name}_rimage_${index}`) },
      metadata: indexes.map((index) => `${name}_rmeta_${index}`),
    },
    ...legs.flatMap((letter, index) =>
      letter === 'error'
        ? [`${name}_rimage_${index}`, `${name}_rmeta_${index}`].map((part) => ({
            ...hidden(part, {}),
            type: 'error',
          }))
        : [
            hidden(`${name}_rmeta_${index}`, { [letter]: 1 }),
            hidden(`${name}_rimage_${index}`, { [letter]: extents }),
          ],
    ),
  ];
}

/** A raid1 with integrity: each image stands on the data and the metadata of that, which is 2 extents. */
export function integrityOf(name: string, extents: number, legs: readonly string[]): readonly MadeLv[] {
  const images = legs.map((letter, index) => ({ letter, image: `${name}_rimage_${index}` }));
  return [
    ...raidOf(name, 'raid1', extents, legs).filter((lv) => !images.some(({ image }) => image === lv.name)),
    ...images.flatMap(({ letter, image }) => [
      { ...hidden(image, {}), type: 'integrity', parts: [`${image}_iorig`] },
      hidden(`${image}_iorig`, { [letter]: extents }),
      hidden(`${image}_imeta`, { [letter]: 2 }),
    ]),
  ];
}

/** A volume with a cache pool on one PV, in a mode, or with a writecache; `${name}_corig` has to be made, too. */
export function cachedOf(name: string, mode: string, letter: string): readonly MadeLv[] {
  const origin = `${name}_${mode === 'writecache' ? 'wcorig' : 'corig'}`;
  if (mode === 'writecache')
    return [
      { name, type: 'writecache', parts: [origin], fields: { pool_lv: '[fast_cvol]' } },
      hidden('fast_cvol', { [letter]: 8 }),
    ];
  const parts = { data_lv: '[fast_cdata]', metadata_lv: '[fast_cmeta]', lv_name: '[fast_cpool]' };
  return [
    {
      ...{ name, type: 'cache', parts: [origin], seg: { cache_mode: mode } },
      fields: { pool_lv: '[fast_cpool]', origin: `[${origin}]` },
    },
    {
      name: 'fast_cpool',
      type: 'cache-pool',
      parts: ['fast_cdata'],
      fields: { ...parts, lv_role: 'private' },
    },
    hidden('fast_cdata', { [letter]: 8 }),
    hidden('fast_cmeta', { [letter]: 1 }),
  ];
}

/** The same volumes, hidden. */
export function concealed(lvs: readonly MadeLv[]): readonly MadeLv[] {
  return lvs.map((lv) => ({ ...lv, fields: { ...lv.fields, lv_name: `[${lv.name}]`, lv_role: 'private' } }));
}

function hidden(name: string, on: Readonly<Record<string, number>>): MadeLv {
  return { name, on, fields: { lv_name: `[${name}]`, lv_role: 'private', lv_image_synced: '1' } };
}
