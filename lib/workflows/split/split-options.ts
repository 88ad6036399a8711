import { invalidType, requireInteger, requireOnly } from '../../arguments.ts';
import { requireDevice, requireNewVolume, requireTag, requireVolume } from '../../lvm/names.ts';
import { workflowKeys } from '../tools.ts';
import type { SplitOptions, TrackedSplitOptions } from './split-types.ts';

const commonKeys = ['volume', 'name', 'tracked', 'quiesce', 'deadline', 'devices', ...workflowKeys];
const waysToBeQuiet: readonly unknown[] = ['freeze', 'sync', 'none', undefined];

/**
 * Checks the options of a split before anything is looked at. Throws a TypeError, RangeError or `LvmNameError`. Gives the
 * volume's group.
 */
export function requireSplitOptions(options: SplitOptions | TrackedSplitOptions): string {
  const { name, tracked } = options as { readonly name?: unknown; readonly tracked?: unknown };
  if (tracked !== undefined && tracked !== true) throw invalidType('tracked', 'true, or left out', tracked);
  const own = tracked === true ? ['mount'] : ['readOnly', 'tags'];
  requireOnly(options, [...commonKeys, ...own]);
  if (tracked === true && name !== undefined)
    throw invalidType('name', 'left out: an image that is tracked keeps its name', name);
  const { vg } = requireVolume('volume', options.volume);
  if (options.tracked === true) requireMount(options.mount);
  else requireNamed(vg, options);
  const { quiesce, deadline, devices = [] } = options;
  if (!waysToBeQuiet.includes(quiesce)) throw invalidType('quiesce', "'freeze', 'sync' or 'none'", quiesce);
  if (deadline !== undefined) requireInteger('deadline', deadline, 1, 2 ** 31 - 1);
  if (!Array.isArray(devices)) throw invalidType('devices', 'a list of devices', devices);
  for (const [index, device] of devices.entries()) requireDevice(`devices[${index}]`, device);
  return vg;
}

function requireNamed(vg: string, { name, readOnly, tags = [] }: SplitOptions): void {
  if (typeof name !== 'string') throw invalidType('name', 'a name, if the split is not tracked', name);
  requireNewVolume('name', `${vg}/${name}`);
  if (readOnly !== undefined && typeof readOnly !== 'boolean')
    throw invalidType('readOnly', 'a boolean', readOnly);
  if (!Array.isArray(tags)) throw invalidType('tags', 'a list of tags', tags);
  for (const [index, tag] of tags.entries()) requireTag(`tags[${index}]`, tag);
}

function requireMount(mount: unknown): void {
  if (mount === undefined || typeof mount === 'boolean') return;
  if (typeof mount !== 'string' || !mount.startsWith('/') || mount.includes('\0'))
    throw invalidType('mount', 'a boolean or the absolute path of a directory', mount);
}
