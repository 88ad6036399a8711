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
