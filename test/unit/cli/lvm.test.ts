import { describe, expect, it } from 'vitest';
import { plainLook } from '../../../lib/cli/look.ts';
import { plainNumbers } from '../../../lib/cli/lvm-asking.ts';
import { lvsLines, pvsLines, summarizeVolume, vgsLines } from '../../../lib/cli/lvm-rows.ts';
import { lvColumns } from '../../../lib/lvm/columns/lv.ts';
import { pvColumns } from '../../../lib/lvm/columns/pv.ts';
import { readRow } from '../../../lib/lvm/columns/row.ts';
import { vgColumns } from '../../../lib/lvm/columns/vg.ts';
import { joinVolumes } from '../../../lib/lvm/volumes.ts';
import { device, lvmUuid } from './make.ts';

type Cells = Readonly<Record<string, string>>;

const mebibytes = (count: number): string => String(count * 1024 * 1024);
const printed = (letter: string): string =>
  [6, 4, 4, 4, 4, 4, 6].map((length) => letter.repeat(length)).join('-');

const lv = (letter: string, lv_name: string, lv_attr: string, size: number, more: Cells = {}) =>
  readRow(lvColumns, {
    ...{ lv_uuid: printed(letter), vg_uuid: printed('v'), vg_name: 'vg', lv_active: 'active' },
    ...{ lv_name, lv_attr, lv_size: mebibytes(size), segtype: 'linear', ...more },
  }).row;

const volumes = joinVolumes(
  [
    lv('h', 'home', 'rwi-a-r-p-', 64, { segtype: 'raid1' }),
    lv('i', '[home_rimage_0]', 'Iwi-aor---', 64),
    lv('o', 'old', '-wi-------', 32, { lv_active: '' }),
    lv('p', 'pool', 'twi-aotz--', 64, { segtype: 'thin-pool' }),
    lv('r', 'root', 'owi-a-s---', 32),
    lv('s', 'snap', 'swi-I-s---', 16, { origin: 'root', lv_role: 'public;snapshot;thicksnapshot' }),
    lv('t', 'thin', 'Vwi---tz-k', 64, { segtype: 'thin', pool_lv: 'pool', lv_active: '' }),
  ],
  [
    device('vg-home', lvmUuid('h'), '0 131072 raid raid1 2 AA 32768/131072 resync 0 0 -'),
    device('vg-home_rimage_0', lvmUuid('i'), '0 131072 linear '),
    device('vg-root', lvmUuid('r'), '0 65536 snapshot-origin '),
    device('vg-root-real', lvmUuid('r', 'real'), '0 65536 linear '),
    device('vg-snap', lvmUuid('s'), '0 65536 snapshot Invalid'),
    device('vg-snap-cow', lvmUuid('s', 'cow'), '0 32768 linear '),
    device('vg-pool', lvmUuid('p', 'pool'), '0 131072 linear '),
    device(
      'vg-pool-tpool',
      lvmUuid('p', 'tpool'),
      '0 131072 thin-pool 1 111/1024 512/1024 - rw discard_passdown queue_if_no_space - 1024 ',
    ),
  ],
);

const vg = (vg_name: string, vg_attr: string, free: number, more: Cells = {}) =>
  readRow(vgColumns, {
    ...{ vg_name, vg_attr, vg_size: mebibytes(1024), vg_free: mebibytes(free), pv_count: '2', lv_count: '3' },
    ...{ snap_count: '1', vg_missing_pv_count: '0', ...more },
  }).row;

const pv = (pv_name: string, pv_attr: string, more: Cells = {}) =>
  readRow(pvColumns, {
    ...{ pv_name, pv_attr, pv_uuid: 'sda-uuid', vg_name: 'vg', pv_size: mebibytes(512) },
    ...{ pv_free: mebibytes(384), pv_allocatable: '1', ...more },
  }).row;

const written = (lines: readonly string[]): string => `\n${lines.join('\n')}\n`;

describe('devmapper lvs', () => {
  it('shows what lvm knows of each volume, with the status that it has now', () => {
    expect(written(lvsLines(volumes, plainLook))).toBe(`
NAME                TYPE             ATTR             SIZE                     SYNC/FILL  HEALTH   DETAILS
vg/home             raid1            rwi-a-r-p-  64.00 MiB  █████░░░░░░░░░░░░░░░  25.00%  warning  resync, a device is missing
[vg/home_rimage_0]  linear           Iwi-aor---  64.00 MiB                                ok
vg/old              linear           -wi-------  32.00 MiB                                         not active
vg/pool             thin-pool        twi-aotz--  64.00 MiB  ██████████░░░░░░░░░░  50.00%  ok
vg/root             linear (origin)  owi-a-s---  32.00 MiB                                ok
vg/snap             snapshot         swi-I-s---  16.00 MiB  ████████████████████ 100.00%  failed   invalid: the snapshot is lost, of root
vg/thin             thin             Vwi---tz-k  64.00 MiB                                         not active, in pool
`);
  });

  it('without the kernel shows no health that nobody knows of', () => {
    const [home, , old, pool] = volumes.map((volume) => ({ ...volume, status: null, devices: [] }));
    if (home === undefined || old === undefined || pool === undefined) throw new Error('there are volumes');
    expect(summarizeVolume(home)).toEqual({ health: 'warning', text: 'a device is missing' });
    expect(summarizeVolume(old)).toEqual({ health: null, text: 'not active' });
    expect(summarizeVolume(pool)).toEqual({ health: null, text: '' });
  });

  it('fits a narrow terminal as status does: bars shrink, then details go on in further lines', () => {
    const look = { ...plainLook, width: 100 };
    for (const line of lvsLines(volumes, look)) expect(line.length).toBeLessThanOrEqual(100);
    expect(lvsLines(volumes, look).join('\n')).toContain('vg/home');
  });
});

describe('devmapper vgs', () => {
  it('shows what of each group is used, and what is missing', () => {
    const groups = [
      vg('vg', 'wz--n-', 256),
      vg('lost', 'wz-pn-', 1024, { vg_missing_pv_count: '1' }),
      vg('away', 'wzx-n-', 0, { vg_exported: '1', vg_missing_pv_count: '2' }),
    ];
    expect(written(vgsLines(groups, plainLook))).toBe(`
NAME  ATTR    PVS  LVS  SNAPS      SIZE        FREE                          USED  HEALTH   DETAILS
vg    wz--n-    2    3      1  1.00 GiB  256.00 MiB  ███████████████░░░░░  75.00%  ok
lost  wz-pn-    2    3      1  1.00 GiB    1.00 GiB  ░░░░░░░░░░░░░░░░░░░░   0.00%  warning  1 device is missing
away  wzx-n-    2    3      1  1.00 GiB         0 B  ████████████████████ 100.00%  warning  2 devices are missing, exported
`);
  });
});

describe('devmapper pvs', () => {
  it('shows what of each device is used; one that is missing by its uuid', () => {
    const devices = [
      pv('/dev/sda', 'a--'),
      pv('[unknown]', 'a-m', { pv_missing: '1' }),
      pv('/dev/sdb', '---', { vg_name: '', pv_allocatable: '0', pv_free: mebibytes(512) }),
      pv('/dev/sdc', 'u--', { pv_allocatable: '0' }),
      pv('/dev/sdd', 'd--', { pv_duplicate: '1' }),
      pv('/dev/sde', '---', { pv_uuid: '', vg_name: '', pv_size: '0', pv_free: '0', dev_size: mebibytes(8) }),
    ];
    expect(written(pvsLines(devices, plainLook))).toBe(`
NAME      VG  ATTR        SIZE        FREE                          USED  HEALTH   DETAILS
/dev/sda  vg  a--   512.00 MiB  384.00 MiB  █████░░░░░░░░░░░░░░░  25.00%  ok
sda-uuid  vg  a-m   512.00 MiB  384.00 MiB  █████░░░░░░░░░░░░░░░  25.00%  failed   the device is missing
/dev/sdb      ---   512.00 MiB  512.00 MiB  ░░░░░░░░░░░░░░░░░░░░   0.00%  ok       in no group
/dev/sdc  vg  u--   512.00 MiB  384.00 MiB  █████░░░░░░░░░░░░░░░  25.00%  ok       not allocatable
/dev/sdd  vg  d--   512.00 MiB  384.00 MiB  █████░░░░░░░░░░░░░░░  25.00%  warning  another device has its uuid too
/dev/sde      ---     8.00 MiB                                                     no physical volume
`);
  });
});

it('JSON has sizes as numbers, but for those that a number cannot hold', () => {
  expect(plainNumbers({ a: 1n, b: 2n ** 63n, c: 'x', d: null })).toEqual({
    a: 1,
    b: 2n ** 63n,
    c: 'x',
    d: null,
  });
});
