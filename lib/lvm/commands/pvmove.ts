import { underWayIn } from '../jobs/under-way.ts';
import {
  type After,
  type Before,
  type NoOptions,
  type NoResult,
  type Operation,
  operation,
  type Refusal,
  type Waits,
} from '../operation.ts';
import { devices, flag, type OptionsOf, type OptionTable, volumeName } from '../option.ts';
import { groupOf, type LvmState } from '../state.ts';
import { device } from '../subject.ts';
import { volumeAlloc } from './common-options.ts';
import { deviceRow } from './pv-rows.ts';

const options = {
  /** Only the extents of this volume of the group (`--name`). */
  name: volumeName('--name'),
  /** Whether nothing counts as moved before all is, so that an abort gives back all (`--atomic`). */
  atomic: flag('--atomic'),
  /** How extents are chosen (`--alloc`); `anywhere` to move within one device. */
  alloc: volumeAlloc,
  /** Devices of the group to move to, or parts of them (`/dev/sdc:0-99`); default is any other. */
  to: devices('ranges'),
} as const satisfies OptionTable;

type Options = OptionsOf<typeof options>;

/** A result that tells what a pvmove was about. */
export interface MoveResult {
  /** The volumes, without their group, that are being moved; empty if there was nothing to move, or it is done. */
  readonly moving: readonly string[];
}

/** Options of `lvm.pvmove`. */
export interface PvmoveOptions extends OptionsOf<typeof options> {}

/**
 * Begins to move extents from a device to others of its group, while they are in use (pvmove(8)). The promise ends when
 * it has begun; `pvmove.job` waits for its end.
 */
export const pvmove: Operation<string, PvmoveOptions, MoveResult> & Waits<'pvmove'> = operation({
  command: 'pvmove',
  fixed: ['--background'],
  summary: 'Moves extents from a device to others.',
  subject: device('ranges'),
  options,
  looks: 'everything',
  waits: 'pvmove',
  refuse,
  satisfiedBy: ['unchanged'],
  verify,
  result: ({ place, before, after }): MoveResult => ({
    moving: movesFrom(after, place.devices[0] ?? '', before).flatMap(({ volumes }) => volumes),
  }),
});

/** Ends the moves from a device, and gives back what has not arrived; the rest of a move without `atomic` stays. */
export const pvmoveAbort: Operation<string, NoOptions, NoResult> = operation({
  command: 'pvmove',
  fixed: ['--abort'],
  summary: 'Ends the moves from a device.',
  subject: device(),
  options: {},
  looks: 'everything',
  refuse: ({ place, before }) => notInGroup(before, place.devices[0] ?? ''),
  verify: ({ place, after }) => {
    const [path = ''] = place.devices;
    return movesFrom(after, path).length === 0 ? null : `extents are being moved from ${path} still`;
  },
  result: () => ({}),
});

// lvm takes a device of another group, or none, for one that has nothing to move.
function refuse({ place, options: given, before }: Before<Options>): Refusal | null {
  const [path = ''] = place.devices;
  const found = notInGroup(before, path);
  if (found !== null) return found;
  const vg = deviceRow(before, path)?.vgName ?? '';
  const foreign = (given.to ?? []).find(
    (target) => deviceRow(before, target.replace(/:\d.*$/, ''))?.vgName !== vg,
  );
  if (foreign !== undefined)
    return {
      reason: 'not-in-group',
      message: `${foreign} is no physical volume of ${vg}, the group of ${path}`,
    };
  if (given.name !== undefined && groupOf(before, vg)?.lvs.every(({ name }) => name !== given.name))
    return { reason: 'not-found', message: `there is no volume ${vg}/${given.name}` };
  return null;
}

function notInGroup(state: LvmState, path: string): Refusal | null {
  const row = deviceRow(state, path);
  if (row === undefined) return { reason: 'not-found', message: `${path} is no physical volume` };
  if (row.vgName) return null;
  return { reason: 'not-in-group', message: `${path} is a physical volume of no group` };
}

// With `--background` lvm says 0 as soon as the move has begun. A short one may be over already: then its extents have
// come to another place.
function verify({ place, options: given, before, after }: After<Options>): string | null {
  const [path = ''] = place.devices;
  if (movesFrom(after, path, before).length > 0) return null;
  const isWhole = place.operands[0] === path && given.name === undefined;
  if (isWhole) {
    const left = usedOn(after, path);
    return left === '' ? null : `${path} has extents in use still: ${left}`;
  }
  // Whether a part of it was to be moved at all, lvm has said by its failure ("No data to move").
  return usedOn(before, path) === usedOn(after, path) && usedOn(before, path, given.name) !== ''
    ? `the extents of ${path} are as before`
    : null;
}

function movesFrom(state: LvmState, path: string, before?: LvmState) {
  const source = deviceRow(state, path)?.name;
  const old = new Set(before?.groups.flatMap(underWayIn).map(({ uuid }) => uuid));
  return state.groups
    .flatMap(underWayIn)
    .filter((one) => one.kind === 'pvmove' && one.source === source && !old.has(one.uuid));
}

// Which extents of a device are in use by what, to be compared and shown.
function usedOn(state: LvmState, path: string, lv?: string): string {
  const row = deviceRow(state, path);
  return (groupOf(state, row?.vgName ?? '')?.pvSegs ?? [])
    .filter(({ pvUuid, lvName }) => pvUuid === row?.uuid && lvName !== null && (lv ?? lvName) === lvName)
    .map(({ lvName, start, size }) => `${start}-${start + size - 1} of ${lvName}`)
    .join(', ');
}
