import { type After, type Operation, operation } from '../operation.ts';
import type { OptionsOf, OptionTable } from '../option.ts';
import { devices } from '../subject.ts';
import { asksToTake, foreignGroup } from './pv-foreign.ts';
import { type DevicesFound, deviceRow, devicesFound } from './pv-rows.ts';

const pvremoveOptions = {
  /**
   * Leave to take the devices away from the group they are in, whose data is lost: its name, or null if lvm does not
   * know which it is (`--force --force`).
   */
  allowForeignGroup: foreignGroup,
} as const satisfies OptionTable;

/** Options of `lvm.pvremove`. */
export interface PvremoveOptions extends OptionsOf<typeof pvremoveOptions> {}

/** Wipes the label of physical volumes, so that lvm does not know the devices any more (pvremove(8)). */
export const pvremove: Operation<string | readonly string[], PvremoveOptions, DevicesFound> = operation({
  command: 'pvremove',
  fixed: [],
  summary: 'Wipes the label of physical volumes.',
  subject: devices,
  options: pvremoveOptions,
  looks: 'everything',
  asks: ({ place, options, before }) => asksToTake(place, options.allowForeignGroup, before, 'wiped'),
  verify,
  result: devicesFound,
});

function verify({ place, after }: After<object>): string | null {
  const left = place.devices.find((path) => deviceRow(after, path)?.uuid != null);
  return left === undefined ? null : `${left} is a physical volume still`;
}
