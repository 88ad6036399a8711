import { type After, operation } from '../operation.ts';
import { devices } from '../subject.ts';
import { asksToTake, foreignGroup } from './pv-foreign.ts';
import { deviceRow, devicesFound } from './pv-rows.ts';

/** Wipes the label of physical volumes, so that lvm does not know the devices any more (pvremove(8)). */
export const pvremove = operation({
  command: 'pvremove',
  fixed: [],
  summary: 'Wipes the label of physical volumes.',
  subject: devices,
  options: { allowForeignGroup: foreignGroup },
  looks: 'everything',
  asks: ({ place, options, before }) => asksToTake(place, options.allowForeignGroup, before, 'wiped'),
  verify,
  result: devicesFound,
});

function verify({ place, after }: After<object>): string | null {
  const left = place.devices.find((path) => deviceRow(after, path)?.uuid != null);
  return left === undefined ? null : `${left} is a physical volume still`;
}
