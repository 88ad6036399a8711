import { describe, expect, it } from 'vitest';
import { plainLook } from '../../../lib/cli/look.ts';
import { statusLines } from '../../../lib/cli/rows.ts';
import { mayHang } from '../../../lib/cli/status-query.ts';
import type { DeviceStatus } from '../../../lib/device.ts';
import { DmError } from '../../../lib/errors.ts';
import { rowsOf } from '../../../lib/view/rows.ts';
import { summarizeDevice } from '../../../lib/view/summary.ts';
import { groupByVolume } from '../../../lib/view/volumes.ts';
import { device, listed, lvmUuid } from './make.ts';

const machine = [
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
  device('vg-pool_tdata', lvmUuid('t'), '0 131072 raid raid1 2 AD 131072/131072 idle 0 0 -'),
  device('vg-pool_tmeta', lvmUuid('m'), '0 8192 linear '),
  device('luks-\\x1b\\x5b31mhome', 'CRYPT-LUKS2-x', '0 4096 crypt '),
];

const linesOf = (devices: readonly DeviceStatus[], look = plainLook, all = false): string =>
  `\n${statusLines(
    groupByVolume(devices).flatMap((group) => rowsOf(group, { all })),
    look,
  ).join('\n')}\n`;

describe('devmapper status', () => {
  it('shows a row a volume, the device that matters speaking, and an inner layer only if it is not well', () => {
    expect(linesOf(machine)).toBe(`
NAME               TYPE                  SIZE                     SYNC/FILL  HEALTH   DETAILS
luks-\\x1b[31mhome  crypt             2.00 MiB                                ok
vg/home            raid1            64.00 MiB  █████░░░░░░░░░░░░░░░  25.00%  busy     resync
vg/pool            thin-pool        64.00 MiB  ██████████░░░░░░░░░░  50.00%  ok
[vg/pool_tdata]    raid1            64.00 MiB                                warning  degraded, leg 1 failed
vg/root            linear (origin)  32.00 MiB                                ok
vg/snap            snapshot         32.00 MiB  ████████████████████ 100.00%  failed   invalid: the snapshot is lost
`);
  });

  it('shows every device with --all, layers below their volume and in brackets', () => {
    const titles = linesOf(machine, plainLook, true).match(/^\[?(?:vg|luks)\S+/gm);
    expect(titles).toEqual([
      'luks-\\x1b[31mhome',
      'vg/home',
      '[vg/home_rimage_0]',
      'vg/pool',
      '[vg/pool-tpool]',
      '[vg/pool_tdata]',
      '[vg/pool_tmeta]',
      'vg/root',
      '[vg/root-real]',
      'vg/snap',
      '[vg/snap-cow]',
    ]);
  });

  it('shrinks bars on a narrow terminal, then lets details go on, and never cuts a name', () => {
    const [home, , , , snap] = machine;
    const some = [home, snap].flatMap((each) => (each === undefined ? [] : [each]));
    expect(linesOf(some, { ...plainLook, width: 82 })).toBe(`
NAME     TYPE           SIZE         SYNC/FILL  HEALTH  DETAILS
vg/home  raid1     64.00 MiB  ██░░░░░░  25.00%  busy    resync
vg/snap  snapshot  32.00 MiB  ████████ 100.00%  failed  invalid: the snapshot is
                                                        lost
`);
    expect(linesOf(some, { ...plainLook, width: 40, unicode: false })).toBe(`
NAME     TYPE           SIZE  SYNC/FILL  HEALTH  DETAILS
vg/home  raid1     64.00 MiB     25.00%  busy    resync
vg/snap  snapshot  32.00 MiB    100.00%  failed  invalid: the snapshot is lost
`);
  });

  it('shows a pool whose placeholder is not active, and a layer that was named', () => {
    const tpool = machine.filter(({ name }) => name === 'vg-pool-tpool');
    expect(linesOf(tpool)).toContain('\nvg/pool  thin-pool');
    const [group] = groupByVolume(machine.filter(({ name }) => name === 'vg-home_rimage_0'));
    expect(group && rowsOf(group, { named: new Set(['vg-home_rimage_0']) })).toHaveLength(1);
    expect(group && rowsOf(group)).toHaveLength(0);
  });

  it('tells volumes of the same name apart by their uuids', () => {
    const twins = [device('vg-a', lvmUuid('1'), '0 8 linear '), device('other', lvmUuid('2'), '0 8 linear ')];
    expect(groupByVolume(twins).map(({ title }) => title)).toEqual(['other', 'vg/a']);
  });
});

describe('the summary of a device', () => {
  it('counts other segments beside a mirror as done, as lvs counts a pvmove', () => {
    const pvmove = device('vg-pvmove0', null, '0 100 linear ', '100 100 mirror 2 7:0 7:1 1/2 1 AA 1 core');
    expect(summarizeDevice(pvmove)).toEqual({
      health: 'busy',
      text: 'syncing',
      bar: { ratio: 0.75, percent: '75.00' },
    });
  });

  it('takes the worst health, its words first, each once and not too many', () => {
    const lines = ['A', 'D', 'D'].map((letter, at) => `${at * 8} 8 striped 1 7:0 1 ${letter}`);
    const mixed = device('x', null, ...lines, '24 8 error ');
    expect(summarizeDevice(mixed)).toEqual({
      health: 'failed',
      text: 'every I/O fails; I/O errors on stripe 0',
    });
  });

  it('says that it is suspended, has no table, or gave no answer', () => {
    const fine = device('x', null, '0 8 linear ');
    expect(summarizeDevice({ ...fine, suspended: true } as DeviceStatus)).toEqual({
      health: 'warning',
      text: 'suspended: I/O is held back',
    });
    expect(summarizeDevice({ ...fine, segments: [], liveTable: false } as DeviceStatus).text).toBe(
      'has no table',
    );
    const failure = { reason: 'timed-out', errno: 110, operation: 'status', device: 'x', log: [] } as const;
    const silent = {
      name: 'x',
      uuid: null,
      major: 254,
      minor: 0,
      segments: [],
      error: new DmError(failure),
    } as const;
    expect(summarizeDevice(silent)).toEqual({ health: 'warning', text: 'gave no answer (ETIMEDOUT)' });
  });
});

it('another process asks where the kernel may keep the one that asks', () => {
  expect(mayHang([listed('a', 0), listed('b', 1, { targets: ['linear', 'thin-pool'] })])).toBe(true);
  expect(mayHang([listed('a', 0), listed('b', 1, { targets: ['raid', 'mirror', 'snapshot'] })])).toBe(false);
});
