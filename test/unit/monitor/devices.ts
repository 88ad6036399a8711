import type { DeviceInfo, StatusSegment } from '../../../lib/device.ts';
import { changesBetween } from '../../../lib/monitor/changes.ts';
import type { Change, ChangeKind, WatchedDevice } from '../../../lib/monitor/types.ts';
import { decode } from '../../../lib/targets/index.ts';

/** A segment of 1000 sectors with the status line `target params`, the target first. */
export function segment(line: string, start = 0, length = 1000): StatusSegment {
  const [target = '', ...words] = line.split(' ');
  return { start, length, status: decode(target, words.join(' ')) };
}

/** What of a watched device matters to a test. */
export interface Traits extends Partial<DeviceInfo>, Partial<Pick<WatchedDevice, 'staleSince' | 'error'>> {
  readonly segments?: readonly StatusSegment[];
}

/** A device that answers, with the given traits. */
export function watched(lines: readonly string[], traits: Traits = {}): WatchedDevice {
  const { segments, staleSince = null, error = null, ...given } = traits;
  const info: DeviceInfo = {
    name: 'vg-lv',
    uuid: 'LVM-x',
    major: 254,
    minor: 3,
    suspended: false,
    readOnly: false,
    openCount: 0,
    eventNumber: 5,
    liveTable: true,
    inactiveTable: false,
    deferredRemove: false,
    internalSuspend: false,
    ...given,
  };
  const { name, uuid, major, minor } = info;
  return {
    name,
    uuid,
    major,
    minor,
    info,
    segments: segments ?? lines.map((line, index) => segment(line, index * 1000)),
    readAt: 0,
    staleSince,
    error,
    live: true,
  };
}

/** What changes from one status line to the next, at 7. */
export function changes(before: string, after: string): readonly Change[] {
  return changesBetween(watched([before]), watched([after]), 7);
}

/** The kinds of these changes, with the leg or path if they have one. */
export function kinds(found: readonly Change[]): readonly string[] {
  return found.map((change) => {
    if ('leg' in change) return `${change.kind} ${change.leg}`;
    return 'path' in change ? `${change.kind} ${change.path}` : change.kind;
  });
}

/** The kinds, among those asked for, along a series of status lines of one device. */
export function along(lines: readonly string[], of: readonly ChangeKind[]): readonly string[] {
  const found = lines.slice(1).flatMap((line, index) => changes(lines[index] ?? '', line));
  return kinds(found.filter(({ kind }) => of.includes(kind)));
}
