import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { DeviceMapper, summarize } from '../../lib/index.ts';
import { sameAsDmsetup } from './support/compare.ts';
import { readDirect, write } from './support/disks.ts';
import { dmsetup } from './support/dmsetup.ts';
import { dmRemove, later, loopDisk } from './support/lab.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());

const block = 4096;
const blocks = 16;
const salt = Buffer.from('5a17'.repeat(8), 'hex');

describe('verity', () => {
  it('is verified until a block does not match its hash, and corrupted ever after', async () => {
    const data = await loopDisk(1);
    const hashes = await loopDisk(1);
    await write(data.path, 0, blocks * block, 0x77);
    const root = await writeHashes(hashes.path, Buffer.alloc(block, 0x77));
    const table = `1 ${data.device} ${hashes.device} ${block} ${block} ${blocks} 1 sha256 ${root} ${salt.toString('hex')}`;
    await dmsetup('create', '--readonly', 'lab-verity', '--table', `0 ${blocks * 8} verity ${table}`);
    later(() => dmRemove('lab-verity'));
    await readDirect('/dev/mapper/lab-verity', 0, blocks);
    const sound = await sameAsDmsetup(dm, 'lab-verity');
    expect(sound.status).toMatchObject([{ type: 'verity', params: 'V', corrupted: false }]);
    expect(await dm.info('lab-verity')).toMatchObject({ readOnly: true });
    expect(sound.table).toMatchObject([{ dataBlocks: blocks, algorithm: 'sha256', rootDigest: root }]);

    await write(data.path, 3 * block, block, 0x78);
    await expect(readDirect('/dev/mapper/lab-verity', 3)).rejects.toThrow();
    await write(data.path, 3 * block, block, 0x77);
    await readDirect('/dev/mapper/lab-verity', 3);
    const spoilt = await sameAsDmsetup(dm, 'lab-verity');
    expect(spoilt.status).toMatchObject([{ type: 'verity', params: 'C', corrupted: true }]);
    expect(spoilt.status.map(summarize)).toEqual([{ health: 'failed', text: 'corrupted' }]);
  });
});

/** Writes the hash tree of equal data blocks, one level of one block, from hash block 1 on; gives the root digest. */
async function writeHashes(path: string, data: Buffer): Promise<string> {
  const digest = (of: Buffer): Buffer => createHash('sha256').update(salt).update(of).digest();
  const level = Buffer.alloc(block);
  for (let index = 0; index < blocks; index++) digest(data).copy(level, index * 32);
  const file = await open(path, 'r+');
  await file.write(level, 0, block, block);
  await file.sync();
  await file.close();
  return digest(level).toString('hex');
}
