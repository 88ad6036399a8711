import { describe, expect, it } from 'vitest';
import { lvColumns } from '../../../lib/lvm/columns/lv.ts';
import { readRow } from '../../../lib/lvm/columns/row.ts';
import { joinVolumes } from '../../../lib/lvm/volumes.ts';
import { device, lvmUuid } from '../cli/make.ts';

const printed = (letter: string): string =>
  [6, 4, 4, 4, 4, 4, 6].map((length) => letter.repeat(length)).join('-');

const row = (name: string, letter: string) =>
  readRow(lvColumns, { lv_name: name, lv_uuid: printed(letter), vg_uuid: printed('v'), vg_name: 'vg' }).row;

describe('volumes and devices', () => {
  it('are joined by their uuids, whatever the names', () => {
    const home = device('renamed', lvmUuid('h'), '0 8 linear ');
    const other = device('vg-home', 'CRYPT-x', '0 8 crypt ');
    expect(joinVolumes([row('home', 'h')], [other, home])).toMatchObject([{ status: home, devices: [home] }]);
  });

  it('speak through the device that carries the status', () => {
    const pool = device('vg-pool', lvmUuid('p', 'pool'), '0 8 linear ');
    const tpool = device(
      'vg-pool-tpool',
      lvmUuid('p', 'tpool'),
      '0 8 thin-pool 1 1/2 1/2 - rw discard_passdown -',
    );
    const origin = device('vg-root', lvmUuid('r'), '0 8 snapshot-origin ');
    const real = device('vg-root-real', lvmUuid('r', 'real'), '0 8 linear ');
    const volumes = joinVolumes([row('pool', 'p'), row('root', 'r')], [pool, tpool, origin, real]);
    expect(volumes.map(({ status }) => status)).toEqual([tpool, real]);
    expect(volumes.map(({ devices }) => devices)).toEqual([
      [pool, tpool],
      [origin, real],
    ]);
  });

  it('without a device have no status', () => {
    expect(joinVolumes([row('home', 'h')], [])).toMatchObject([{ status: null, devices: [] }]);
  });
});
