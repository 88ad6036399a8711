import { readFile } from 'node:fs/promises';
import type { LvRow } from '../../lvm/columns/lv.ts';
import type { Lvm } from '../../lvm/lvm.ts';
import { type LvmState, segmentsOf } from '../../lvm/state.ts';
import { Refusal } from '../errors.ts';

/** The setting by which dmeventd extends; 100: never. lvm.conf(5). */
export type AutoextendSetting = 'snapshot_autoextend_threshold' | 'thin_pool_autoextend_threshold';

/** Throws a {@link Refusal} `foreign` if dmeventd extends this volume, too: the two would extend it one after the other. */
export async function requireNoDmeventd(
  lvm: Lvm,
  state: LvmState,
  row: LvRow,
  setting: AutoextendSetting,
  signal?: AbortSignal | undefined,
): Promise<void> {
  if (!isMonitored(state, row)) return;
  const name = `activation/${setting}`;
  const { tree } = await lvm.lvmconfig({ typeConfig: 'full', names: [name], signal });
  const threshold = thresholdIn(tree, setting);
  if (threshold === null || threshold >= 100) return;
  const pid = await dmeventdPid();
  throw new Refusal(
    'foreign',
    `dmeventd${pid === null ? '' : ` (process ${pid})`} watches ${row.fullName} and extends it from ${threshold} % on (${name})`,
    `Leave it to dmeventd, or take it away from it: lvchange --monitor n ${row.fullName}; besideDmeventd: true allows both.`,
  );
}

/** Whether dmeventd watches a volume, as lvs tells it: lvm asks the daemon itself. */
export function isMonitored(state: LvmState, row: LvRow): boolean {
  return segmentsOf(state, row).some(({ monitor }) => monitor === 'monitored');
}

function thresholdIn(tree: unknown, setting: AutoextendSetting): number | null {
  const value = (tree as { activation?: Readonly<Record<string, unknown>> }).activation?.[setting];
  return typeof value === 'number' ? value : null;
}

// lvm2's dmeventd writes it (daemons/dmeventd/dmeventd.c); only for the message.
async function dmeventdPid(): Promise<number | null> {
  const text = await readFile('/run/dmeventd.pid', 'utf8').catch(() => '');
  const pid = Number.parseInt(text, 10);
  const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
  return name.trim() === 'dmeventd' ? pid : null;
}
