import { lv, type Part } from './page-host.ts';

/** The disks of {@link sceneAt}. */
export const sceneDisks = {
  '8:0': ['sda', 3_907_029_168],
  '8:16': ['sdb', 3_907_029_168],
  '8:32': ['sdc', 3_907_029_168],
  '8:48': ['sdd', 7_814_037_168],
  '259:0': ['nvme0n1', 1_953_525_168],
} as const;

const gibibyte = 2_097_152;

/**
 * A host with one volume of each kind of story, some seconds after a mirror was begun: a mirror and a RAID1 that sync, a
 * RAID5 without one of its legs, a pool that fills, a snapshot that was lost and one that fills.
 */
export function sceneAt(seconds: number): readonly Part[] {
  const size = 200 * gibibyte;
  const synced = Math.min(size, Math.round(size * (0.42 + seconds * 0.004)));
  const regions = Math.min(8192, 2210 + seconds * 40);
  const pool = 3_480 + seconds;
  const image = (minor: number, name: string, disk: string, length: number): Part =>
    lv(minor, ['data', name], `0 ${length} linear `, [disk]);
  return [
    lv(10, ['data', 'home'], `0 ${size} raid raid1 2 aA ${synced}/${size} resync 0 0 -`, on(11, 12, 13, 14)),
    image(11, 'home_rmeta_0', '8:0', 8192),
    image(12, 'home_rimage_0', '8:0', size),
    image(13, 'home_rmeta_1', '8:16', 8192),
    image(14, 'home_rimage_1', '8:16', size),
    lv(
      20,
      ['data', 'archive'],
      `0 ${4 * size} raid raid5_ls 3 AAD ${2 * size}/${2 * size} idle 0 0 -`,
      on(21, 22, 23, 24, 25, 26),
    ),
    image(21, 'archive_rmeta_0', '8:0', 8192),
    image(22, 'archive_rimage_0', '8:0', 2 * size),
    image(23, 'archive_rmeta_1', '8:16', 8192),
    image(24, 'archive_rimage_1', '8:16', 2 * size),
    image(25, 'archive_rmeta_2', '8:32', 8192),
    image(26, 'archive_rimage_2', '8:32', 2 * size),
    lv(
      30,
      ['data', 'mail'],
      `0 ${64 * gibibyte} mirror 2 254:31 254:32 ${regions}/8192 1 AA 3 disk 254:33 A`,
      on(31, 32, 33),
    ),
    image(31, 'mail_mimage_0', '8:16', 64 * gibibyte),
    image(32, 'mail_mimage_1', '8:32', 64 * gibibyte),
    image(33, 'mail_mlog', '8:0', 8192),
    lv(
      40,
      ['fast', 'vms', 'tpool'],
      `0 ${400 * gibibyte} thin-pool 4 4120/65536 ${pool}/4096 - rw discard_passdown queue_if_no_space - 1024 `,
      on(41, 42),
    ),
    lv(41, ['fast', 'vms_tdata'], `0 ${400 * gibibyte} linear `, ['259:0']),
    lv(42, ['fast', 'vms_tmeta'], `0 524288 linear `, ['259:0']),
    lv(43, ['fast', 'web-1'], `0 ${80 * gibibyte} thin 151000000 167772159`, on(40)),
    lv(44, ['fast', 'db'], `0 ${160 * gibibyte} thin 209000000 335544319`, on(40)),
    lv(50, ['data', 'root'], `0 ${50 * gibibyte} snapshot-origin `, on(51)),
    lv(51, ['data', 'root', 'real'], `0 ${50 * gibibyte} linear `, ['8:48']),
    lv(52, ['data', 'root-before'], `0 ${50 * gibibyte} snapshot Invalid`, on(51, 53)),
    lv(53, ['data', 'root-before', 'cow'], `0 ${5 * gibibyte} linear `, ['8:48']),
    lv(
      54,
      ['data', 'root-daily'],
      `0 ${50 * gibibyte} snapshot ${6_400_000 + seconds * 2000}/10485760 40960`,
      on(51, 55),
    ),
    lv(55, ['data', 'root-daily', 'cow'], `0 ${5 * gibibyte} linear `, ['8:48']),
    lv(60, ['data', 'scratch'], `0 ${500 * gibibyte} linear `, ['8:48']),
    {
      name: 'luks-backup',
      uuid: 'CRYPT-LUKS2-0123456789abcdef-luks-backup',
      minor: 61,
      lines: [`0 ${900 * gibibyte} crypt `],
      on: ['8:48'],
    },
  ];
}

/** The scene a while before {@link sceneAt}: all legs work, and the lost snapshot is not yet full. */
export function sceneBefore(): readonly Part[] {
  return sceneAt(0).map((part) => ({
    ...part,
    lines: part.lines.map((line) =>
      line
        .replace('raid5_ls 3 AAD', 'raid5_ls 3 AAA')
        .replace('snapshot Invalid', 'snapshot 10400000/10485760 40960'),
    ),
  }));
}

function on(...minors: readonly number[]): readonly string[] {
  return minors.map((minor) => `254:${minor}`);
}
