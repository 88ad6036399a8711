import { abortError } from '../abort.ts';
import { requireOnly, requireSignal, requireTimeout } from '../arguments.ts';
import type { DeviceMapper } from '../device-mapper.ts';
import { type Capabilities, capabilityCommands, parseCapabilities } from './capabilities.ts';
import { requireGroup } from './names.ts';
import { requireBoolean, requireList } from './option.ts';
import {
  type FieldOf,
  lacksField,
  parseReport,
  type Reported,
  type ReportName,
  type ReportOptions,
  reportArguments,
} from './report.ts';
import type { Outcome, Run } from './run.ts';
import { fullreportArguments, type LvmState, parseState } from './state.ts';
import { joinVolumes, type Volume } from './volumes.ts';

/** Runs one command of an instance. */
export type RunLvm = (run: Run) => Promise<Outcome>;

/** How to limit a call. */
export interface Limits {
  /** Ends the command when it fires. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds the command may take; default is that of the instance. */
  readonly timeout?: number | undefined;
}

/** How to ask for a full report. */
export interface FullreportOptions extends Limits {
  /** Only these groups; without them all, and the PVs of no group. */
  readonly targets?: readonly string[] | undefined;
  /** Without locks and without asking the kernel, which leaves the kernel's columns unknown (`--readonly`). */
  readonly readonly?: boolean | undefined;
}

/** Which volumes to join. */
export interface VolumesOptions extends Limits {
  /** Only those of these groups. */
  readonly targets?: readonly string[] | undefined;
  /** Also hidden volumes. */
  readonly all?: boolean | undefined;
}

/**
 * Reports. None of them changes anything, and they wait for no other command of the instance. Each rejects with an
 * `LvmError`, with an `AbortError` if the signal has fired, or with a TypeError or RangeError for wrong options.
 */
export interface Reports {
  /** LVs, a row a volume (lvs(8)). */
  lvs: Report<'lvs'>;
  /** The segments of LVs (`lvs --segments`). */
  segs: Report<'segs'>;
  /** VGs (vgs(8)). */
  vgs: Report<'vgs'>;
  /** PVs (pvs(8)). */
  pvs: Report<'pvs'>;
  /** All of that at one moment, hidden volumes too (lvm-fullreport(8)). */
  fullreport(options?: FullreportOptions): Promise<LvmState>;
  /**
   * Each LV with the kernel's status of it, of now: lvm is asked first, then device-mapper, for the same LVs by uuid.
   * Rejects also with what `DeviceMapper.status` rejects with.
   */
  volumes(dm: Pick<DeviceMapper, 'status'>, options?: VolumesOptions): Promise<readonly Volume[]>;
  /** Version, segment types and formats of this lvm. */
  capabilities(options?: Limits): Promise<Capabilities>;
}

/** A report: with `fields` its rows have these columns only. */
export type Report<N extends ReportName> = <F extends FieldOf<N> = FieldOf<N>>(
  options?: ReportOptions<F>,
) => Promise<readonly Reported<N, F>[]>;

/** The reports of one instance; `timeout` is in milliseconds, for calls that name none. */
export function reportsOf({
  run,
  timeout: usual,
}: {
  readonly run: RunLvm;
  readonly timeout: number | undefined;
}): Reports {
  const ask = (argv: readonly string[], log: Run['log'], { signal, timeout = usual }: Limits) => {
    if (signal?.aborted === true) throw abortError(signal);
    return run({ argv, log, signal, timeout });
  };

  const report =
    <N extends ReportName>(name: N): Report<N> =>
    async <F extends FieldOf<N>>(options: ReportOptions<F> = {}) => {
      const argv = reportArguments(name, options);
      const first = await ask(argv, 'json', options);
      const isRefused = options.fields !== undefined && lacksField(first);
      const outcome = isRefused ? await ask(reportArguments(name, options, true), 'json', options) : first;
      return parseReport<N, F>(name, outcome, options.fields);
    };

  const fullreport = async (options: FullreportOptions = {}): Promise<LvmState> => {
    requireOnly(options, ['targets', 'readonly', 'signal', 'timeout']);
    const groups = requireTargets(options);
    const isReadonly = options.readonly !== undefined && requireBoolean('readonly', options.readonly);
    const [command = '', ...rest] = fullreportArguments(groups);
    const argv = isReadonly ? [command, '--readonly', ...rest] : [command, ...rest];
    return parseState(await ask(argv, 'json', options));
  };

  return {
    lvs: report('lvs'),
    segs: report('segs'),
    vgs: report('vgs'),
    pvs: report('pvs'),
    fullreport,
    async volumes(dm, options = {}) {
      requireOnly(options, ['targets', 'all', 'signal', 'timeout']);
      const all = options.all !== undefined && requireBoolean('all', options.all);
      const { targets, signal, timeout } = options;
      const { groups } = await fullreport({ targets, signal, timeout });
      const volumes: Volume[] = [];
      for (const [extentSectors, alike] of groupsByExtent(groups)) {
        const statuses = await dm.status({ signal, extentSectors });
        volumes.push(
          ...joinVolumes(
            alike.flatMap(({ lvs }) => lvs),
            statuses,
          ),
        );
      }
      return all ? volumes : volumes.filter(({ lv }) => !lv.hidden);
    },
    async capabilities(options = {}) {
      requireOnly(options, ['signal', 'timeout']);
      requireLimits(options);
      const outcomeOf = async (name: keyof typeof capabilityCommands) =>
        ask(capabilityCommands[name], 'none', options);
      const [version, segtypes, formats] = await Promise.all([
        outcomeOf('version'),
        outcomeOf('segtypes'),
        outcomeOf('formats'),
      ]);
      return parseCapabilities({ version, segtypes, formats });
    },
  };
}

// The sync of a mirror is counted in extents of its group, so each size of extents is asked for once.
function groupsByExtent(groups: LvmState['groups']): Map<number, LvmState['groups'][number][]> {
  const byExtent = new Map<number, LvmState['groups'][number][]>();
  for (const group of groups) {
    const sectors = Math.min(Math.max(Number(group.vg.extentSize / 512n), 1), 2 ** 32);
    const alike = byExtent.get(sectors);
    if (alike === undefined) byExtent.set(sectors, [group]);
    else alike.push(group);
  }
  return byExtent;
}

function requireTargets(options: FullreportOptions): readonly string[] {
  requireLimits(options);
  const targets = options.targets === undefined ? [] : requireList('targets', options.targets);
  return targets.map((name, index) => requireGroup(`targets[${index}]`, name));
}

function requireLimits({ signal, timeout }: Limits): void {
  requireSignal(signal);
  if (timeout !== undefined) requireTimeout(timeout);
}
