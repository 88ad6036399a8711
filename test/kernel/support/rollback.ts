import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Lvm } from '../../../lib/lvm/index.ts';
import { run } from './lab.ts';

/** The SHA-256 of all that a device holds, read past what is cached of it. */
export async function digest(path: string): Promise<string> {
  await run('blockdev', ['--flushbufs', path]);
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** What lvm's metadata say of a group, to see that nothing was changed: its sequence number, tags and volumes. */
export async function remembered(lvm: Lvm, vg: string): Promise<unknown> {
  const [group] = await lvm.vgs({ targets: [vg] });
  const volumes = await lvm.lvs({ targets: [vg], all: true });
  return {
    seqno: group?.seqno,
    tags: group?.tags,
    volumes: volumes.map(({ name, attr }) => `${name} ${attr}`),
  };
}

/** The same lvm, and the command lines of the operations that it carries out, in order, without the program. */
export function recorded(lvm: Lvm): { readonly lvm: Lvm; readonly commands: readonly (readonly string[])[] } {
  const commands: (readonly string[])[] = [];
  return { lvm: watching(lvm, commands), commands };
}

function watching<T extends object>(target: T, commands: (readonly string[])[]): T {
  return new Proxy(target, {
    get(object, key, receiver) {
      const value: unknown = Reflect.get(object, key, receiver);
      const isMember = key !== 'argv' && key !== 'argvIn' && key !== 'jobs' && typeof key === 'string';
      const isTree = (typeof value === 'object' && value !== null) || typeof value === 'function';
      return isMember && isTree ? watching(value, commands) : value;
    },
    apply(callee, self, call) {
      const answer: unknown = Reflect.apply(callee as unknown as (...all: unknown[]) => unknown, self, call);
      if (answer instanceof Promise)
        answer.then(
          (result: unknown) => note(result, commands),
          (error: unknown) => note(error, commands),
        );
      return answer;
    },
  });
}

function note(result: unknown, commands: (readonly string[])[]): void {
  const { command } = (result ?? {}) as { readonly command?: readonly string[] };
  if (command === undefined) return;
  const [, subcommand = '', ...words] = command;
  const at = words.indexOf('--config');
  commands.push([subcommand, ...words.toSpliced(at, at < 0 ? 0 : 2)]);
}
