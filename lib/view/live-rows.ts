import type { DeviceStatus } from '../device.ts';
import type { DmError } from '../errors.ts';
import type { WatchedDevice } from '../monitor/types.ts';
import { parseLvmDevice } from '../names.ts';
import { type Health, type Summary, worstHealth } from '../targets/target.ts';
import { rowsOf } from './rows.ts';
import { kindOf } from './summary.ts';
import { type Ordered, sortByTitle } from './titles.ts';
import { type Group, groupByVolume } from './volumes.ts';

/** One row of `devmapper top`: a volume, a layer, or a device that is none of LVM's. */
export interface LiveRow {
  readonly title: string;
  /** What it is, such as `raid1`. */
  readonly kind: string;
  /** In sectors of 512 bytes. */
  readonly sectors: number;
  readonly summary: Summary;
  /** The stored name of the device that speaks for it. */
  readonly name: string;
  /** As in {@link WatchedDevice}. */
  readonly staleSince: number | null;
  /** As in {@link WatchedDevice}. */
  readonly error: DmError | null;
  /** How much it needs attention: 0 the most. */
  readonly attention: number;
  /** What a filter looks in, in lower case. */
  readonly text: string;
}

/** What was read since the last look. */
export interface RowUpdate {
  readonly read: readonly WatchedDevice[];
  readonly gone: readonly string[];
}

/** Keeps the rows of all devices, working out anew only those of devices that changed. */
export interface LiveRows {
  update(current: ReadonlyMap<string, WatchedDevice>): RowUpdate;
  /** The rows by title; with `all` one a device. The same array until something changed. */
  rows(all: boolean): readonly LiveRow[];
}

/** Starts with no rows. */
export function createRows(): LiveRows {
  const entries = new Map<string, Entry>();
  const volumes = new Map<string, Volume>();
  let order: readonly Ordered[] = [];
  let isOrderOld = false;
  const cached: { -readonly [K in 'few' | 'all']: readonly LiveRow[] | undefined } = {
    few: undefined,
    all: undefined,
  };

  const update = (current: ReadonlyMap<string, WatchedDevice>): RowUpdate => {
    const read: WatchedDevice[] = [];
    const dirty = new Set<string>();
    for (const [name, device] of current) {
      const known = entries.get(name);
      if (known?.device === device) continue;
      read.push(device);
      if (known !== undefined && looksSame(known.device, device)) {
        known.device = device;
        continue;
      }
      const key = known?.device.uuid === device.uuid ? known.key : keyOf(device);
      if (known !== undefined && known.key !== key) leave(name, known.key, dirty);
      entries.set(name, { device, key });
      const volume = volumes.get(key);
      if (volume === undefined)
        volumes.set(key, { names: new Set([name]), group: undefined, title: '', few: [], all: () => [] });
      else volume.names.add(name);
      dirty.add(key);
    }
    const gone =
      entries.size === current.size ? [] : [...entries.keys()].filter((name) => !current.has(name));
    for (const name of gone) {
      leave(name, entries.get(name)?.key ?? '', dirty);
      entries.delete(name);
    }
    for (const key of dirty) rebuild(key);
    if (dirty.size > 0) {
      cached.few = undefined;
      cached.all = undefined;
    }
    return { read, gone };
  };

  const leave = (name: string, key: string, dirty: Set<string>): void => {
    volumes.get(key)?.names.delete(name);
    dirty.add(key);
  };

  const rebuild = (key: string): void => {
    const volume = volumes.get(key);
    const members = [...(volume?.names ?? [])].flatMap((name) => entries.get(name)?.device ?? []);
    const group = regroup(volume?.group, members) ?? groupByVolume(members.map(toStatus))[0];
    if (volume === undefined || group === undefined) {
      volumes.delete(key);
      isOrderOld = true;
      return;
    }
    if (volume.title !== group.title) isOrderOld = true;
    volume.title = group.title;
    volume.group = group;
    // A layer that gives no answer is not well, whatever it said last.
    const stale = new Set(members.filter(({ staleSince }) => staleSince !== null).map(({ name }) => name));
    const toRows = (all: boolean): readonly LiveRow[] =>
      rowsOf(group, { all, named: stale }).flatMap(({ device, ...row }) => {
        const watched = entries.get(device.name)?.device;
        return watched === undefined ? [] : [toTopRow(watched, row)];
      });
    volume.few = toRows(false);
    // Asked for by a key that is seldom pressed.
    volume.all = () => (group.members.length === 1 && group.visible ? volume.few : toRows(true));
  };

  const inOrder = (): readonly Ordered[] => {
    if (isOrderOld) order = sortByTitle(volumes, order);
    isOrderOld = false;
    return order;
  };

  return {
    update,
    rows(all) {
      if (all) cached.all ??= inOrder().flatMap(({ key }) => volumes.get(key)?.all() ?? []);
      else cached.few ??= inOrder().flatMap(({ key }) => volumes.get(key)?.few ?? []);
      return (all ? cached.all : cached.few) ?? [];
    },
  };
}

/** From this fill on (0 to 1) a snapshot or thin pool goes before what is simply well. */
const notableRatio = 0.5;

interface Entry {
  device: WatchedDevice;
  readonly key: string;
}

interface Volume {
  readonly names: Set<string>;
  group: Group<DeviceStatus> | undefined;
  title: string;
  few: readonly LiveRow[];
  all: () => readonly LiveRow[];
}

const filling = new Set(['snapshot', 'thin-pool']);
const attentionOf: Readonly<Record<Health, number>> = { failed: 0, warning: 1, busy: 2, ok: 4 };

// The same as in groupByVolume, where the kernel allows a name only once and two groups of one name.
function keyOf(device: WatchedDevice): string {
  const volume = parseLvmDevice(device);
  return volume === null ? `device ${device.name}` : `volume ${volume.vgId} ${volume.lvId}`;
}

// A look at everything makes new records of all; most say what they said before.
function looksSame(before: WatchedDevice, after: WatchedDevice): boolean {
  return (
    before.uuid === after.uuid &&
    before.staleSince === after.staleSince &&
    before.info.suspended === after.info.suspended &&
    before.info.liveTable === after.info.liveTable &&
    before.segments.length === after.segments.length &&
    before.segments.every(({ start, length, status }, index) => {
      const other = after.segments[index];
      return (
        start === other?.start &&
        length === other.length &&
        status.params === other.status.params &&
        kindOf(status) === kindOf(other.status)
      );
    })
  );
}

// The same members with their new status: who they are need not be worked out again.
function regroup(
  group: Group<DeviceStatus> | undefined,
  devices: readonly WatchedDevice[],
): Group<DeviceStatus> | undefined {
  if (group?.members.length !== devices.length) return undefined;
  const byName = new Map(devices.map((device) => [device.name, device]));
  const members = group.members.flatMap((member) => {
    const device = byName.get(member.device.name);
    return device?.uuid !== member.device.uuid ? [] : [{ ...member, device: toStatus(device) }];
  });
  return members.length === devices.length ? { ...group, members } : undefined;
}

function toStatus({ info, segments }: WatchedDevice): DeviceStatus {
  return { ...info, segments, error: null };
}

function toTopRow(
  device: WatchedDevice,
  row: {
    readonly title: string;
    readonly kind: string;
    readonly sectors: number | null;
    readonly summary: Summary;
  },
): LiveRow {
  const isStale = device.staleSince !== null;
  const summary = isStale
    ? { ...row.summary, health: worstHealth([row.summary.health, 'warning']) }
    : row.summary;
  const isNotable =
    summary.health === 'ok' &&
    (summary.bar?.ratio ?? 0) >= notableRatio &&
    device.segments.some(({ status }) => filling.has(status.type));
  return {
    title: row.title,
    kind: row.kind,
    sectors: row.sectors ?? 0,
    summary,
    name: device.name,
    staleSince: device.staleSince,
    error: device.error,
    attention: isNotable ? 3 : attentionOf[summary.health],
    text: [row.title, row.kind, summary.health, summary.text].join(' ').toLowerCase(),
  };
}
