import { fileURLToPath } from 'node:url';
import { startProgram } from './program.mjs';

/** What agents run to learn the state of LVM's volumes. */
export const lvs = ['lvs', '-a', '-o', '+devices,copy_percent,data_percent', '--reportformat', 'json'];

/** dmsetup(8), told not to wait for I/O that a thin pool has not yet committed. */
export const dmsetup = ['dmsetup', 'status', '--noflush'];

/**
 * The contestants of a series, the floor first. `all` and `one` are their orders (see rounds.h), null if they have
 * none; `process` says that a round starts a process, whose answer tells the length of its output.
 */
export function startContestants(programs, withVolumes) {
  const floor = startProgram([`${programs}/ioctl-loop`]);
  const library = startProgram([`${programs}/libdevmapper-loop`]);
  const ours = startProgram(nodeProgram('ours.mjs'));
  const direct = startProgram(nodeProgram('ours-direct.mjs'));
  const agent = (command) => ({
    program: startProgram([`${programs}/process-loop`, ...command]),
    all: 'all',
    one: null,
    process: command,
  });
  return [
    { label: 'bare ioctls, one buffer (C)', program: floor, all: 'all', one: 'one' },
    { label: 'libdevmapper loop (C)', program: library, all: 'all', one: 'one' },
    { label: 'devmapper: await status()', program: ours, all: 'all', one: 'one' },
    { label: 'devmapper: statusSync()', program: ours, all: 'all-sync', one: 'sync' },
    { label: 'monitor: a set, records', program: direct, all: 'some', one: 'one' },
    { label: 'monitor: a set, typed', program: direct, all: 'some-typed', one: null },
    { label: 'monitor: list and set, records', program: direct, all: 'all', one: null },
    { label: 'dmsetup status, a process', ...agent(dmsetup) },
    ...(withVolumes ? [{ label: 'lvs, a process', ...agent(lvs) }] : []),
  ];
}

/** The command of a contestant in JavaScript. */
export function nodeProgram(file) {
  return [process.execPath, fileURLToPath(new URL(file, import.meta.url))];
}
