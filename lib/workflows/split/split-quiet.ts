import { open, readdir, readFile } from 'node:fs/promises';
import type { ConfigTree } from '../../lvm/commands/lvmconfig-tree.ts';
import { Refusal } from '../errors.ts';
import { deviceNumber } from '../system/device-number.ts';
import { type Mount, mountsOf } from '../system/mounts.ts';
import { freezeRefusal, type Quiesce, quiesce } from '../system/quiesce.ts';
import { usersOf } from '../system/users.ts';
import type { Tools } from '../tools.ts';

/** How the file systems on a volume are made quiet before it is split. */
export interface QuietPlan {
  readonly how: Quiesce;
  /** The mounts of what is on the volume, also upon devices above it, such as an encrypted one. */
  readonly mounts: readonly Mount[];
  /** What is done, as an imperative clause; null if there is nothing to do. */
  readonly title: string | null;
  /** What the copy is like afterwards. */
  readonly state: 'frozen' | 'synced' | 'unknown';
  readonly warnings: readonly string[];
}

/**
 * Decides how a volume is made quiet, by its device's path. Throws a {@link Refusal} `unsafe` if it is to be frozen and
 * must not be.
 */
export async function planQuiet(tools: Tools, path: string, wanted: Quiesce | undefined): Promise<QuietPlan> {
  const mounts = await mountsAbove(await deviceNumber(path));
  if (mounts.length === 0) return unmounted(path, await openCountOf(tools, path), wanted);
  const targets = [...new Set(mounts.map(({ target }) => target))].join(', ');
  if (wanted === 'none')
    return {
      ...{ how: 'none', mounts, title: null, state: 'unknown' },
      warnings: [
        `The file system on ${targets} is neither frozen nor written out: what is only in memory is not in the copy.`,
      ],
    };
  const why = wanted === 'sync' ? null : await refusalOf(mounts, await pathsOfLvm(tools));
  if (wanted !== 'sync' && why === null)
    return { how: 'freeze', mounts, title: `freeze ${targets}`, state: 'frozen', warnings: [] };
  if (wanted === 'freeze')
    throw new Refusal('unsafe', `${targets} must not be frozen: ${why}`, 'Use quiesce: "sync".');
  const because = why === null ? '' : ` It must not be frozen: ${why}.`;
  return {
    ...{ how: 'sync', mounts, title: `write out what is in memory for ${targets}`, state: 'synced' },
    warnings: [
      `The file system on ${targets} is written out, not frozen: what is written during the split can be in the copy in part.${because}`,
    ],
  };
}

/**
 * Rejects with a {@link Refusal} `plan-changed` unless a volume would be made quiet now as was planned: hours may have
 * gone by, and a file system that was mounted meanwhile would be neither frozen nor written out.
 */
export async function requireSameQuiet(
  tools: Tools,
  path: string,
  wanted: Quiesce | undefined,
  planned: QuietPlan,
): Promise<void> {
  const now = await planQuiet(tools, path, wanted);
  if (!isLouder(now, planned)) return;
  const [is, was] = [now, planned].map(({ title }) => title ?? 'do nothing');
  throw new Refusal(
    'plan-changed',
    `${path} is not used as it was when this was planned: to be quiet now it would have to ${is}, and planned was to ${was}`,
    'Call again: that plans anew.',
  );
}

/** Whether more would have to be done now than was planned, or the copy would be less good. Throws nothing. */
export function isLouder(now: QuietPlan, planned: QuietPlan): boolean {
  const essence = ({ how, mounts }: QuietPlan): string =>
    JSON.stringify([how, mounts.map(({ target, device, root }) => [target, device, root])]);
  const worse = now.state !== 'frozen' && now.state !== planned.state;
  return worse || essence(now) !== essence(planned);
}

/**
 * Does something while file systems are quiet. Rejects with a {@link Refusal} `failed` if they did not stay so until it
 * was done; `work` gets a signal that fires then, too.
 */
export async function whileQuiet(
  { how, mounts }: QuietPlan,
  path: string,
  { deadline, signal }: { readonly deadline: number; readonly signal: AbortSignal },
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const quiet = await quiesce(mounts, how, { deadline, signal });
  const loud = new Refusal(
    'failed',
    `${mounts.map(({ target }) => target).join(', ')} did not stay frozen until the split was done, for which there were ${deadline} ms`,
    'Give it a longer deadline, or use quiesce: "sync".',
  );
  try {
    if (mounts.length === 0 && how !== 'none') await flushDevice(path);
    await work(AbortSignal.any([signal, quiet.broken]));
  } catch (error) {
    await quiet.release();
    throw quiet.broken.aborted && !signal.aborted ? loud : error;
  }
  if (!(await quiet.release()).held) throw loud;
}

/** The mounts of a block device, `major:minor`, and of the devices that stand on it. */
export async function mountsAbove(device: string, depth = 0): Promise<readonly Mount[]> {
  const own = await mountsOf(device);
  // As many layers as anybody has; the kernel's own graph has no circle.
  if (depth >= 16) return own;
  const holders = await readdir(`/sys/dev/block/${device}/holders`).catch(() => []);
  const above = holders.map(async (name) => {
    const number = await readFile(`/sys/class/block/${name}/dev`, 'utf8').catch(() => '');
    return number === '' ? [] : mountsAbove(number.trim(), depth + 1);
  });
  return [...own, ...(await Promise.all(above)).flat()];
}

/** How often a device of device-mapper is open, by its path. */
export async function openCountOf({ dm }: Tools, path: string): Promise<number> {
  return (await dm.info({ name: path.replace('/dev/mapper/', '') })).openCount;
}

async function unmounted(path: string, openCount: number, wanted: Quiesce | undefined): Promise<QuietPlan> {
  const users = openCount === 0 ? [] : await usersOf(path, openCount);
  if (users.length === 0)
    return { how: wanted ?? 'sync', mounts: [], title: null, state: 'frozen', warnings: [] };
  const who = users.map(({ text }) => text).join('; ');
  if (wanted === 'freeze')
    throw new Refusal(
      'unsafe',
      `${path} is in use without a file system that could be frozen here: it ${who}`,
      'Stop its users, or use quiesce: "sync".',
    );
  return {
    how: wanted ?? 'sync',
    mounts: [],
    title: wanted === 'none' ? null : `write out what is in memory for ${path}`,
    state: 'unknown',
    warnings: [`${path} ${who}: what that has not written yet is not in the copy.`],
  };
}

async function refusalOf(mounts: readonly Mount[], also: readonly string[]): Promise<string | null> {
  for (const mount of mounts) {
    const why = await freezeRefusal(mount, also);
    if (why !== null) return why;
  }
  return null;
}

async function pathsOfLvm({ lvm }: Tools): Promise<readonly string[]> {
  return writtenPaths((await lvm.lvmconfig({ typeConfig: 'full' })).tree);
}

/** Where lvm writes by its settings: metadata archive and backup, locks, log. Throws nothing. */
export function writtenPaths(tree: ConfigTree): readonly string[] {
  const names = [
    ['backup', 'archive_dir'],
    ['backup', 'backup_dir'],
    ['global', 'locking_dir'],
    ['log', 'file'],
  ] as const;
  return names.flatMap(([section, name]) => {
    const settings = tree[section];
    const path =
      settings instanceof Object && !Array.isArray(settings) ? (settings as ConfigTree)[name] : null;
    return typeof path === 'string' && path.startsWith('/') ? [path] : [];
  });
}

// fsync(2) of a block device writes out what all who have written to its node left in memory.
async function flushDevice(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
