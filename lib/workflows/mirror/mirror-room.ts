import type { GroupState, LvmState } from '../../lvm/state.ts';
import { Refusal } from '../errors.ts';
import { deviceNumber } from '../system/device-number.ts';
import { logExtents, metadataExtents } from './mirror-extents.ts';
import type { CheckedChoices } from './mirror-options.ts';
import { type Placement, place, sizeOf } from './placement.ts';
import { type Bases, basesOf, disksOf, disksOn, namesOn } from './placement-disks.ts';
import { wantOfRoom } from './placement-refusal.ts';

/** What room a mirror needs. */
export interface RoomRequest {
  /** `vg/lv`. */
  readonly volume: string;
  readonly state: LvmState;
  readonly group: GroupState;
  readonly choices: CheckedChoices;
  readonly type: 'raid1' | 'mirror';
  /** Extents of the volume. */
  readonly extents: number;
  /** New legs. */
  readonly legs: number;
  readonly wantsLog: boolean;
  /** Devices that a copy is on already. */
  readonly taken: readonly string[];
  /** Whether the copy that is there has to get metadata on its own devices: a linear volume that becomes a raid1. */
  readonly needsMetadata: boolean;
}

/** Where it goes, and which disks the group's PVs stand on. */
export interface FoundRoom {
  readonly placement: Placement;
  readonly bases: Bases;
  /** Extents of each leg that are for its metadata. */
  readonly metadata: number;
}

/** Finds room on disks apart. Rejects with a {@link Refusal} `not-enough-space`, or `not-found` for a named device. */
export async function findRoom(request: RoomRequest): Promise<FoundRoom> {
  const { volume, state, group, choices, type, legs, taken } = request;
  requireWhole(group);
  const bases = await basesOf(group);
  const all = disksOf(group, bases);
  const shape = { extents: request.extents, extentSize: group.vg.extentSize, regionSize: choices.regionSize };
  const metadata = type === 'raid1' ? metadataExtents(shape) : 0;
  if (request.needsMetadata) requireOwnRoom(request, metadata);
  const { devices, log } = choices;
  const named = devices === undefined ? undefined : await ownNames(group, devices, 'devices');
  const logDevice =
    request.wantsLog && typeof log === 'object' ? (await ownNames(group, [log.device], 'log'))[0] : undefined;
  const need = {
    legs,
    extents: request.extents + metadata,
    logExtents: request.wantsLog ? logExtents(shape) : 0,
    logDevice,
    taken: namesOn(all, taken, bases),
  };
  const free = all.filter(({ name }) => !need.taken.includes(name));
  const disks = named === undefined ? free : disksOn(free, named);
  // The log may be on a device that is named for it alone.
  const onLog = logDevice === undefined ? named : [logDevice];
  const logDisks = onLog === undefined ? all : disksOn(all, onLog);
  const placement = place(disks, logDisks, need);
  if (placement !== null) return { placement, bases, metadata };
  const unnamed =
    named === undefined ? [] : free.filter(({ rooms }) => !rooms.some((one) => named.includes(one.device)));
  throw wantOfRoom({ what: volume, state, group, need, disks, logDisks, unnamed, taken });
}

function requireWhole({ vg }: GroupState): void {
  if (vg.missingPvCount === 0) return;
  throw new Refusal(
    'unsafe',
    `${vg.missingPvCount} device${vg.missingPvCount === 1 ? ' of' : 's of'} ${vg.name} ${vg.missingPvCount === 1 ? 'is' : 'are'} missing, and lvm allocates nothing in it meanwhile`,
    'Bring it back, or have replaceFailedDevice replace it.',
  );
}

function requireOwnRoom({ volume, group, taken }: RoomRequest, metadata: number): void {
  const rooms = disksOf(group, new Map()).flatMap((disk) => disk.rooms);
  const own = rooms.filter(({ device }) => taken.includes(device));
  if (own.reduce((sum, room) => sum + sizeOf(room), 0) >= metadata) return;
  throw new Refusal(
    'not-enough-space',
    `the copy of ${volume} that is there needs ${metadata === 1 ? '1 extent' : `${metadata} extents`} more for the metadata of a raid1, on ${taken.join(' or ')}, which lvm takes no other device for; there is none free`,
    `Move something off it with pvmove, or use type "mirror", which has no metadata.`,
  );
}

async function ownNames(
  group: GroupState,
  devices: readonly string[],
  option: string,
): Promise<readonly string[]> {
  return Promise.all(devices.map((device) => ownName(group, device, option)));
}

async function ownName({ vg, pvs }: GroupState, device: string, option: string): Promise<string> {
  if (pvs.some(({ name }) => name === device)) return device;
  const number = await deviceNumber(device).catch(() => null);
  const found = pvs.find(({ major, minor }) => major !== null && `${major}:${minor}` === number);
  if (found !== undefined && found.name !== null) return found.name;
  const names = pvs.flatMap(({ name }) => name ?? []).join(', ');
  throw new Refusal(
    'not-found',
    `${device}, named in "${option}", is no device of ${vg.name}, which has ${names}`,
    `Name one of these, or add it: "vgextend ${vg.name} ${device}".`,
  );
}
