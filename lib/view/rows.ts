import type { DeviceStatus } from '../device.ts';
import type { LvmName } from '../names.ts';
import type { Summary } from '../targets/target.ts';
import { kindsOf, summarizeDevice } from './summary.ts';
import { type Group, type Member, speakerOf, titleOf } from './volumes.ts';

/** One row of a list of volumes: a volume, a layer, or a device that is none of LVM's. */
export interface StatusRow {
  readonly title: string;
  /** What it is, such as `raid1` or `thin-pool`. */
  readonly kind: string;
  /** In sectors of 512 bytes; null if it gave no answer. */
  readonly sectors: number | null;
  readonly summary: Summary;
  readonly volume: LvmName | null;
  /** The device that speaks for it. */
  readonly device: DeviceStatus;
}

/**
 * The rows of one group: the volume, for which the device speaks that carries its status; with `all` one row a
 * device. Internal layers and volumes show only with `all`, when they are not `ok`, or when their stored
 * names are among `named`.
 */
export function rowsOf(
  group: Group<DeviceStatus>,
  { all = false, named = new Set() }: { readonly all?: boolean; readonly named?: ReadonlySet<string> } = {},
): readonly StatusRow[] {
  if (all) return group.members.map((member) => toRow(member, titleOf(member), kindsOf(member.device)));
  const speaker = group.visible ? speakerOf(group, targetsOf) : undefined;
  const rows = speaker === undefined ? [] : [toRow(speaker, group.title, kindInGroup(speaker, group))];
  const layers = group.members.filter(
    (member) => member !== speaker && (named.has(member.device.name) || isTroubled(member)),
  );
  return [...rows, ...layers.map((member) => toRow(member, titleOf(member), kindsOf(member.device)))];
}

function targetsOf({ segments }: DeviceStatus): readonly string[] {
  return segments.map(({ status }) => (status.type === 'unknown' ? status.target : status.type));
}

function toRow({ device, volume }: Member<DeviceStatus>, title: string, kind: string): StatusRow {
  const last = device.segments.at(-1);
  return {
    title,
    kind,
    sectors: device.error === null ? (last === undefined ? 0 : last.start + last.length) : null,
    summary: summarizeDevice(device),
    volume,
    device,
  };
}

// The layer below a snapshot's origin speaks for it, but the origin is what it is.
function kindInGroup(speaker: Member<DeviceStatus>, group: Group<DeviceStatus>): string {
  const isOrigin = group.members.some(
    (member) => member !== speaker && targetsOf(member.device).includes('snapshot-origin'),
  );
  return isOrigin ? `${kindsOf(speaker.device)} (origin)` : kindsOf(speaker.device);
}

function isTroubled({ device }: Member<DeviceStatus>): boolean {
  return summarizeDevice(device).health !== 'ok';
}
