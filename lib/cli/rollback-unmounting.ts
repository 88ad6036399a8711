import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RollbackCallbacks, RollbackUse } from '../workflows/rollback/rollback-use.ts';
import { lockName } from '../workflows/system/lock.ts';
import { unmountAll } from '../workflows/system/mounting.ts';
import { type MountLine, mountsOf } from '../workflows/system/mounts.ts';
import { makeOwnDirectory } from '../workflows/system/own-directory.ts';
import { remountAll } from '../workflows/system/remounting.ts';

/**
 * Callbacks of a rollback that unmount its origins, and mount them again where and as they were. That is noted in a file
 * in `directory` first, so that the run after one that was killed mounts them, too. They reject with what could not be done.
 */
export function unmounting(directory = '/run/devmapper/unmounted'): RollbackCallbacks {
  return {
    async unmount(volumes, signal) {
      for (const use of volumes) {
        // An origin that is inactive has no device, and is mounted nowhere.
        const now = await mountsOf(use.path).catch(() => []);
        const part = now.find(({ root }) => root !== '/');
        if (part !== undefined)
          throw new Error(
            `${part.target} is a part of ${use.path} only, so it could not be mounted again as it was; unmount it.`,
          );
        if (now.length === 0) continue;
        const before = await noted(directory, use);
        const others = before.filter(({ target }) => now.every((mount) => mount.target !== target));
        await note(directory, use, [...others, ...now]);
        await unmountAll(use.path, { signal });
      }
    },
    async remount(volumes) {
      const failures: string[] = [];
      for (const use of volumes) {
        const failed = await remountAll(use.path, await noted(directory, use));
        failures.push(...failed);
        if (failed.length === 0) await rm(fileOf(directory, use), { force: true });
      }
      if (failures.length > 0) throw new Error(failures.join('; '));
    },
  };
}

interface Note {
  readonly snapshot: string;
  readonly mounts: readonly MountLine[];
}

async function note(directory: string, use: RollbackUse, mounts: readonly MountLine[]): Promise<void> {
  await makeOwnDirectory(directory);
  const path = fileOf(directory, use);
  const { snapshot } = use;
  await writeFile(`${path}.new`, JSON.stringify({ snapshot, mounts } satisfies Note), { mode: 0o600 });
  await rename(`${path}.new`, path);
}

// None for the rollback to another snapshot: since then others may have mounted it elsewhere.
async function noted(directory: string, { origin, snapshot }: RollbackUse): Promise<readonly MountLine[]> {
  const text = await readFile(fileOf(directory, { origin }), 'utf8').catch(() => null);
  if (text === null) return [];
  const found = JSON.parse(text) as Note;
  return found.snapshot === snapshot ? found.mounts : [];
}

function fileOf(directory: string, { origin }: Pick<RollbackUse, 'origin'>): string {
  return join(directory, lockName(origin).replace(/lock$/, 'json'));
}
