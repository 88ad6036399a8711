import type { Command } from 'commander';
import type { DeviceStatus } from '../device.ts';
import { DmError } from '../errors.ts';
import { joinVolumes, type Volume } from '../lvm/volumes.ts';
import { type AskOptions, asking } from './asking.ts';
import { complain, type End, type Io, writeLines } from './io.ts';
import { toJsonLines } from './json.ts';
import {
  openReports,
  plainNumbers,
  type ReportFlags,
  reportOptions,
  withReportOptions,
} from './lvm-asking.ts';
import { lvsLines, summarizeVolume } from './lvm-rows.ts';
import { isGone } from './silent.ts';
import { statusApart } from './status-apart.ts';
import { mayHang, queryStatus } from './status-query.ts';

/** Adds `devmapper lvs [NAME...]`. */
export function addLvs(program: Command, io: Io, _: End): void {
  withReportOptions(program.command('lvs').argument('[NAME...]', 'only these: vg, vg/lv or @tag'))
    .description('show the logical volumes that lvm knows, active or not, with their live status')
    .option('--all', 'also hidden volumes, their names in brackets')
    .addHelpText('after', help)
    .action(async (names: readonly string[], options: ReportFlags) => {
      const rows = await openReports().lvs(reportOptions(names, options));
      const volumes = joinVolumes(rows, rows.length === 0 ? [] : await liveStatus(options, io));
      if (options.json === true) await writeLines(io, toJsonLines(volumes.map(toRecord)));
      else if (volumes.length > 0) await writeLines(io, lvsLines(volumes, io.look));
      else await writeLines(io, ['There are no such logical volumes.']);
    });
}

const help = `
TYPE, SYNC/FILL, HEALTH and DETAILS are those of "devmapper status"; where the
kernel cannot be asked they are what lvm knows. ATTR: see lvs(8). Unlike "devmapper
status" this runs lvm, which locks for reading and looks at the disks.

Examples:
  devmapper lvs                       all volumes, of all groups
  devmapper lvs --all vg/home         one volume
  devmapper lvs --select 'lv_active != active'
  devmapper lvs --json | jq -r '.[] | select(.health == "failed") | .name'`;

// The status of all devices; none, with a word on standard error, where it may not be asked for.
async function liveStatus({ timeout }: AskOptions, io: Io): Promise<readonly DeviceStatus[]> {
  const limit = timeout === undefined ? {} : { timeout };
  try {
    const devices = await asking(limit, async (dm) =>
      mayHang(await dm.devices()) ? statusApart({ wanted: 'all', options: limit }) : queryStatus(dm, 'all'),
    );
    return devices.filter((device) => !isGone(device));
  } catch (error) {
    if (!(error instanceof DmError)) throw error;
    complain(io, `${error.message} What follows is what lvm knows.`);
    return [];
  }
}

function toRecord(volume: Volume): unknown {
  const summary = summarizeVolume(volume);
  return { ...plainNumbers(volume.lv), health: summary.health, summary, status: volume.status };
}
