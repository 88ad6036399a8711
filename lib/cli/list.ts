import type { Command } from 'commander';
import type { Device } from '../device.ts';
import { parseLvmDevice, unmangle } from '../names.ts';
import { formatSectors } from '../units.ts';
import { groupByVolume } from '../view/volumes.ts';
import { type AskOptions, asking, withAskOptions } from './asking.ts';
import { type Column, tableLines } from './columns.ts';
import { complain, type End, type Io, writeLines } from './io.ts';
import { toJsonLines } from './json.ts';
import type { Look } from './look.ts';

/** Adds `devmapper list`. */
export function addList(program: Command, io: Io, _: End): void {
  withAskOptions(program.command('list'))
    .description('list all devices: names, numbers, sizes, state, uuids; works without privilege')
    .option('--json', 'print JSON, see docs/cli.md')
    .addHelpText('after', help)
    .action(async (options: AskOptions & { readonly json?: boolean }) => {
      const devices = await asking(options, (dm) => dm.devices());
      sayIfFromSysfs(devices, io);
      const sorted = groupByVolume(devices).flatMap(({ members }) => members.map(({ device }) => device));
      if (options.json === true)
        await writeLines(
          io,
          toJsonLines(sorted.map((device) => ({ ...device, volume: parseLvmDevice(device) }))),
        );
      else if (sorted.length > 0) await writeLines(io, listLines(sorted, io.look));
      else await writeLines(io, ['There are no device-mapper devices.']);
    });
}

/** The lines of `devmapper list`. What sysfs does not tell is `-`. */
export function listLines(devices: readonly Device[], look: Look): string[] {
  const rows = devices.map((device) => [
    unmangle(device.name),
    `${device.major}:${device.minor}`,
    formatSectors(device.sectors),
    device.source === 'ioctl' ? String(device.openCount) : '-',
    device.suspended ? { text: 'suspended', style: 'warning' as const } : 'active',
    device.uuid ?? '-',
  ]);
  return tableLines(columns, rows, look);
}

/** Says on standard error that an answer is the short one of sysfs. */
export function sayIfFromSysfs(devices: readonly Device[], io: Io): void {
  if (devices.some(({ source }) => source === 'sysfs'))
    complain(
      io,
      'device-mapper itself could not be asked, so this is what sysfs tells; "devmapper doctor" says why.',
    );
}

const columns: readonly Column[] = [
  { header: 'NAME' },
  { header: 'DEVICE', align: 'right' },
  { header: 'SIZE', align: 'right' },
  { header: 'OPEN', align: 'right' },
  { header: 'STATE' },
  { header: 'UUID' },
];

const help = `
OPEN is how many have the device open: mounts, devices above it, processes.

Examples:
  devmapper list
  devmapper list --json | jq -r '.[] | select(.suspended) | .name'`;
