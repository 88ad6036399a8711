import { expect, it } from 'vitest';
import { addMirror, createMirror, replaceFailedDevice } from '../../lib/workflows/index.ts';
import { until } from './support/conversions.ts';
import { later } from './support/lab.ts';
import {
  bench,
  checksum,
  failData,
  filled,
  mirrorInSync,
  openTools,
  refusalOf,
  rewrite,
} from './support/replace.ts';

const tools = openTools();
const vg = 'filling';
const volume = `${vg}/m`;
const disk = bench(tools, vg, 4, 4);
const path = (index: number): string => disk(index).path;

async function tagsOf(name = volume): Promise<readonly string[]> {
  return (await tools.lvm.lvs({ targets: [name] }))[0]?.tags ?? [];
}

async function pvUuid(device: string): Promise<string | null | undefined> {
  return (await tools.lvm.pvs({ targets: [device] }))[0]?.uuid;
}

it('a mirror says where the copy is that its others are filled from, until they are', async () => {
  const data = await filled(volume, 8, null, path(0));
  const tag = `devmapper.filling:${await pvUuid(path(0))}`;
  const meanwhile: Promise<readonly string[]>[] = [];
  const done = await addMirror(tools, {
    ...{ volume, type: 'mirror', devices: [path(1), path(2)] },
    onProgress: ({ kind, step }) => {
      if (kind === 'step-finished' && step?.startsWith('add-copies')) meanwhile.push(tagsOf());
    },
  });
  expect(await Promise.all(meanwhile)).toEqual([[tag]]);
  expect(done.plan.changes.join()).toContain('devmapper.filling');
  expect(done).toMatchObject({ inSync: true, volume: { tags: [] } });
  expect(await checksum(volume)).toBe(data);
});

it('one that nobody has waited for keeps that note, and it goes when it is asked for again in sync', async () => {
  const options = { volume, size: '8MiB', type: 'mirror', devices: [path(0), path(1), path(2)] } as const;
  const made = await createMirror(tools, { ...options, wait: false });
  expect(made.plan.warnings.join()).toContain('devmapper.filling');
  expect(await tagsOf()).toEqual(['devmapper.filling']);
  await until(volume, mirrorInSync);
  const again = await createMirror(tools, { ...options, wait: false });
  expect(again).toMatchObject({ outcome: 'done', inSync: true, volume: { tags: [] } });
  expect(again.plan.steps.map(({ name }) => name)).toEqual(['filled']);
  await expect(createMirror(tools, options)).resolves.toMatchObject({ outcome: 'already' });
});

it('one that has lost that copy is not repaired onto another before somebody says that it was filled', async () => {
  const data = await filled(volume, 8, null, path(0));
  await addMirror(tools, { volume, type: 'mirror', devices: [path(1), path(2)], wait: false });
  await until(volume, mirrorInSync);
  await failData(disk(0));
  // It waits until the mirror is repaired.
  const writer = rewrite(volume);
  later(() => writer.catch(() => undefined));
  await until(volume, / 1 DA /);
  const refused = await refusalOf(replaceFailedDevice(tools, { vg }));
  expect(refused).toMatchObject({ reason: 'unsafe', step: null });
  const [, tag = ''] = /"lvchange --deltag (\S+) filling\/m"/.exec(refused.message) ?? [];
  expect(await tagsOf()).toEqual([tag]);
  await tools.lvm.lvchange.change(volume, { deleteTags: [tag] });
  await replaceFailedDevice(tools, { vg });
  await writer;
  expect([await tagsOf(), await checksum(volume)]).toEqual([[], data]);
});

it('a replacement takes the note off one that is in sync, and waits for that if it is to', async () => {
  await filled(volume, 8, null, path(0));
  await disk(1).slow(60_000);
  await addMirror(tools, { volume, type: 'mirror', devices: [path(1), path(2)], wait: false });
  const early = await replaceFailedDevice(tools, { vg, wait: false });
  expect(early).toMatchObject({ outcome: 'already', syncing: [volume] });
  expect(await tagsOf()).toHaveLength(1);
  await disk(1).heal();
  const { plan } = await replaceFailedDevice(tools, { vg, dryRun: true });
  expect(plan.steps.map(({ name }) => name)).toEqual(['sync', 'forget', 'check']);
  await until(volume, mirrorInSync);
  const done = await replaceFailedDevice(tools, { vg, wait: false });
  expect(done.plan.steps.map(({ name }) => name)).toEqual(['forget', 'check']);
  expect(await tagsOf()).toEqual([]);
});

it('one that has lost another copy is repaired, from the one that the note names', async () => {
  const data = await filled(volume, 8, null, path(0));
  await addMirror(tools, { volume, type: 'mirror', devices: [path(1), path(2)], wait: false });
  await until(volume, mirrorInSync);
  await failData(disk(1));
  const writer = rewrite(volume);
  later(() => writer.catch(() => undefined));
  await until(volume, / 1 AD /);
  await replaceFailedDevice(tools, { vg });
  await writer;
  expect([await tagsOf(), await checksum(volume)]).toEqual([[], data]);
});
