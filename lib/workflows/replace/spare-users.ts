import { readdir, readFile } from 'node:fs/promises';
import { splitLvmName } from '../../names.ts';
import { Refusal } from '../errors.ts';
import { type User, usersOf } from '../system/users.ts';

/** A partition that the kernel knows of. */
export interface Partition {
  /** Such as `sdb1`. */
  readonly name: string;
  /** `major:minor`. */
  readonly number: string;
}

/** The partitions of a disk, given as `major:minor`. Rejects if it is there no more. */
export async function partitionsOf(number: string): Promise<readonly Partition[]> {
  const directory = `/sys/dev/block/${number}`;
  const found: Partition[] = [];
  for (const name of await readdir(directory)) {
    const isPartition = await readFile(`${directory}/${name}/partition`, 'utf8').catch(() => null);
    if (isPartition === null) continue;
    found.push({ name, number: (await readFile(`${directory}/${name}/dev`, 'utf8')).trim() });
  }
  return found;
}

/** Throws a {@link Refusal} if something uses a disk, or one of its partitions. */
export async function requireUnused(
  vg: string,
  path: string,
  partitions: readonly Partition[],
): Promise<void> {
  const users = [...(await seenUsers(path))];
  for (const { name, number } of partitions)
    users.push(
      ...(await seenUsers(number)).map((user) => ({ ...user, text: `has ${name}, which ${user.text}` })),
    );
  const refusal = inUseRefusal(vg, path, users);
  if (refusal !== null) throw refusal;
}

/** Why a disk with these users cannot come into a group; null if nothing uses it. Pure. */
export function inUseRefusal(vg: string, path: string, users: readonly User[]): Refusal | null {
  if (users.length === 0) return null;
  if (users.every((user) => groupOf(user) === vg))
    return new Refusal(
      'in-use',
      `${path} is still used by volumes of ${vg} that have lost what was on it, so that lvm cannot take it anew`,
      `Let them go of it with "vgreduce --removemissing --mirrorsonly --force ${vg}", which puts errors in the place of their copies there, and call again: these are found and repaired.`,
    );
  return new Refusal(
    'in-use',
    `${path} ${users.map(({ text }) => text).join(', and ')}`,
    'Give a disk that nothing uses.',
  );
}

// Of a device of lvm, its group: "is used by vg-lv (dm-3)".
function groupOf({ kind, text }: User): string | null {
  const [, name] = /^is used by (\S+) \(/.exec(text) ?? [];
  return kind !== 'holder' || name === undefined ? null : (splitLvmName(name)?.vg ?? null);
}

// With an endless count of openers all are looked for, and that one more is not seen says nothing.
async function seenUsers(device: string): Promise<readonly User[]> {
  return (await usersOf(device, Number.POSITIVE_INFINITY)).filter(({ kind }) => kind !== 'unknown');
}
