import type { LvmState } from '../../lvm/state.ts';
import { type PlannedCommand, plannedCommand } from '../lvm-step.ts';
import type { Step } from '../step.ts';
import type { Tools } from '../tools.ts';
import { capital } from '../words.ts';
import type { Repair } from './replace-repairs.ts';

/** The step that gives one volume its copies back, or takes away what is in the way of that. */
export function repairStep(tools: Tools, state: LvmState, repair: Repair): Step {
  const command = commandOf(tools, state, repair);
  return {
    name: `${repair.kind}:${repair.volume.slice(repair.volume.indexOf('/') + 1)}`,
    title: capital(titleOf(repair)),
    commands: [command.words],
    async perform({ signal }) {
      await command.run(signal);
    },
  };
}

function commandOf({ lvm }: Tools, state: LvmState, repair: Repair): PlannedCommand<object> {
  const { volume } = repair;
  const { lvconvert } = lvm;
  switch (repair.kind) {
    case 'repair':
      return plannedCommand(state, lvconvert.repair, volume, listed(repair.devices ?? []));
    case 'replace':
      return plannedCommand(state, lvconvert.replace, volume, {
        replace: repair.replace,
        ...listed(repair.devices),
      });
    case 'drop':
      return plannedCommand(state, lvconvert.mirrors, volume, {
        mirrors: repair.mirrors,
        devices: repair.devices,
        loseResilience: true,
      });
    case 'drop-log':
      return plannedCommand(state, lvconvert.mirrorLog, volume, { mirrorLog: 'core', fullResync: true });
    case 'remirror':
      return plannedCommand(state, lvconvert.mirror, volume, {
        mirrors: repair.mirrors,
        mirrorLog: repair.log,
        ...listed(repair.devices),
      });
    case 'relog':
      return plannedCommand(state, lvconvert.mirrorLog, volume, {
        mirrorLog: 'disk',
        ...listed(repair.devices),
      });
  }
}

function listed(devices: readonly string[]): { readonly devices?: readonly string[] } {
  return devices.length === 0 ? {} : { devices };
}

/** What a repair does, as an imperative clause. */
export function titleOf(repair: Repair): string {
  const { volume, kind } = repair;
  const on = 'devices' in repair && repair.devices !== null ? placeText(repair.devices) : null;
  switch (kind) {
    case 'repair':
      return `replace what ${volume} has lost, ${on === null ? 'where lvm finds room' : `on ${on}`}`;
    case 'replace':
      return `move the images of ${volume} from ${repair.replace.join(', ')}${on === null ? '' : ` to ${on}`}`;
    case 'drop':
      return `take the failed image of ${volume} away, so that its writers go on`;
    case 'drop-log':
      return `take the log of ${volume} into memory, so that its writers go on`;
    case 'remirror':
      return `make ${volume} a mirror of ${repair.mirrors + 1} copies again${on === null ? '' : `, on ${on}`}`;
    case 'relog':
      return `give ${volume} a log on a disk again${on === null ? '' : `, on ${on}`}`;
  }
}

// A range of extents is where the log of a mirror is to be.
function placeText(devices: readonly string[]): string | null {
  const range = /:\d+-\d+$/;
  const whole = devices.filter((device) => !range.test(device));
  const logs = devices.filter((device) => range.test(device)).map((device) => device.replace(range, ''));
  if (logs.length === 0) return whole.length === 0 ? null : whole.join(', ');
  return whole.length === 0 ? logs.join(', ') : `${whole.join(', ')}, its log on ${logs.join(', ')}`;
}
