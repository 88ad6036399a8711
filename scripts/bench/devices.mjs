import { execFileSync } from 'node:child_process';
import { rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { volumeGroup } from './volume-group.mjs';

const group = 'devmapper_bench';
const uuid = 'Bench0-0000-0000-0000-0000-0000-000000';
// In sectors of 512 bytes: 1 GiB of room that takes memory only where it is written.
const diskSectors = 2_097_152;
const metadataSectors = 32_768;
const deviceSectors = 2048;

/** The kinds of device sets: how to make `count` devices, and whether they are volumes that `lvs` knows. */
export const seriesKinds = {
  linear: { title: 'linear volumes of LVM, one segment each', withVolumes: true, make: makeVolumes },
  mixed: {
    title: '4 linear, 2 striped, 1 mirror, 1 raid1, 2 thin of ten, and a thin pool',
    note: 'lvs is left out: these are no volumes of LVM, and it would only search them.',
    withVolumes: false,
    make: makeMixed,
  },
};

// What has no status that moves by itself, and devices beside it that have; these are made when they are asked for.
const staticKind = { make: makeStatic };

/**
 * Makes devices of a kind, or `static` ones, on loop devices; returns their names, `remove`, which takes all of it away
 * again, and `makeLive(count)`, which makes live ones beside static ones and returns what removes those.
 */
export function makeDevices(kind, count, programs) {
  const undo = [];
  const remove = () => {
    for (const step of undo.splice(0).reverse()) step();
  };
  const tools = {
    disk: (sectors) => attachDisk(sectors, undo),
    orders: (lines) => run(`${programs}/make-devices`, [], `${lines.join('\n')}\n`),
    onRemove: (step) => undo.push(step),
  };
  try {
    const { make } = kind === 'static' ? staticKind : seriesKinds[kind];
    const names = make(count, tools);
    return { names, remove, makeLive: (live) => makeSnapshots(live, programs) };
  } catch (error) {
    remove();
    throw error;
  }
}

// Volumes come from a description in LVM's own text format, because lvcreate takes most of a second for each.
function makeVolumes(count, { disk, orders, onRemove }) {
  const device = disk(diskSectors);
  const description = join(tmpdir(), `${group}.${process.pid}`);
  const { text, names } = volumeGroup({ group, uuid, count, diskSectors });
  writeFileSync(description, text);
  onRemove(() => rmSync(description));
  run('pvcreate', ['-qq', '--uuid', uuid, '--norestorefile', '--metadatasize', '16m', device]);
  run('vgcfgrestore', ['-qq', '--file', description, group]);
  onRemove(() => orders(names.map((name) => `remove ${name}`)));
  run('vgchange', ['-qq', '--activate', 'y', group]);
  return names;
}

// Nothing is ever written to these, so that all but the pool's metadata may share one disk.
function makeMixed(count, { disk, orders, onRemove }) {
  const data = disk(diskSectors);
  const pool = `${group}-pool`;
  orders([`create ${pool} - 0 ${diskSectors} thin-pool ${disk(metadataSectors)} ${data} 128 0`]);
  onRemove(() => orders([`remove ${pool}`]));
  const columns = ['info', '--columns', '--noheadings', '--separator', ':', '-o', 'major,minor', pool];
  const poolNumber = run('dmsetup', columns).trim();
  const tables = [
    ...Array(4).fill(() => `linear ${data} 0`),
    ...Array(2).fill(() => `striped 2 64 ${data} 0 ${data} ${deviceSectors}`),
    () => `mirror core 2 1024 nosync 2 ${data} 0 ${data} ${deviceSectors}`,
    () => `raid raid1 2 0 nosync 2 - ${data} - ${data}`,
    ...Array(2).fill((index) => `thin ${poolNumber} ${index}`),
  ];
  const names = [pool];
  const lines = [];
  for (let index = 1; index < count; index += 1) {
    const name = `${group}-${index}`;
    const table = tables[index % tables.length](index);
    if (table.startsWith('thin ')) lines.push(`message ${pool} create_thin ${index}`);
    // With a uuid, as the volumes of LVM and others have.
    lines.push(`create ${name} BENCH-${index} 0 ${deviceSectors} ${table}`);
    names.push(name);
  }
  onRemove(() => orders(names.slice(1).map((name) => `remove ${name}`)));
  orders(lines);
  return names;
}

function makeStatic(count, { disk, orders, onRemove }) {
  const data = disk(diskSectors);
  const names = Array.from({ length: count }, (_, index) => `${group}-${index}`);
  onRemove(() => orders(names.map((name) => `remove ${name}`)));
  orders(names.map((name, index) => `create ${name} BENCH-${index} 0 ${deviceSectors} linear ${data} 0`));
  return names;
}

// Snapshots of one disk, each with a store of its own, in which nothing is ever written.
function makeSnapshots(count, programs) {
  if (count === 0) return () => {};
  const undo = [];
  const origin = attachDisk(diskSectors, undo, 'origin');
  const orders = (lines) => run(`${programs}/make-devices`, [], `${lines.join('\n')}\n`);
  const tables = Array.from(
    { length: count },
    () => `snapshot ${origin} ${attachDisk(deviceSectors, undo, 'store')} N 8`,
  );
  const names = tables.map((_, index) => `${group}-live-${index}`);
  undo.push(() => orders(names.map((name) => `remove ${name}`)));
  orders(
    names.map((name, index) => `create ${name} BENCH-LIVE-${index} 0 ${deviceSectors} ${tables[index]}`),
  );
  return () => {
    for (const step of undo.reverse()) step();
  };
}

function attachDisk(sectors, undo, purpose = 'data') {
  const file = join(tmpdir(), `${group}.${process.pid}.${undo.length}.${purpose}`);
  writeFileSync(file, '');
  undo.push(() => rmSync(file));
  truncateSync(file, sectors * 512);
  const device = run('losetup', ['--find', '--show', file]).trim();
  undo.push(() => run('losetup', ['--detach', device]));
  return device;
}

function run(command, argv, input = '') {
  return execFileSync(command, argv, { input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'inherit'] });
}
