import type { Command } from 'commander';
import type { Done } from '../workflows/plan.ts';
import { planRollback, type RollbackResult, rollback } from '../workflows/rollback/rollback.ts';
import type { RollbackOptions } from '../workflows/rollback/rollback-options.ts';
import type { End, Io } from './io.ts';
import { unmounting } from './rollback-unmounting.ts';
import { collect } from './workflow-options.ts';
import { runCall, type WorkflowFlags, withWorkflowOptions } from './workflow-run.ts';

/** Adds `devmapper rollback VG/SNAPSHOT...`. */
export function addRollback(program: Command, io: Io, end: End): void {
  withWorkflowOptions(
    program
      .command('rollback')
      .argument('<VG/SNAPSHOT...>', 'the snapshots that their origins are to become; of one group')
      .description('make volumes again what their snapshots hold; what was written since is lost')
      .option('--unmount', 'unmount the origins for that, and mount them again as they were')
      .option('--defer', 'if one is in use, have lvm do it at the next activation, such as the next boot')
      .option(
        '--allow-overflow <vg/lv>',
        'let this other snapshot of an origin overflow (repeatable)',
        collect,
      )
      .option('--no-wait', 'end when the merges have begun; the kernel goes on'),
  )
    .addHelpText('after', help)
    .action(async (snapshots: readonly string[], flags: RollbackFlags) => {
      const options = toOptions(snapshots, flags);
      const status = await runCall(
        {
          plan: (tools, common) => planRollback(tools, { ...options, ...common }),
          run: (tools, common) => rollback(tools, { ...options, ...common }),
          state: rollbackState,
          hints: {
            'in-use': 'see --unmount and --defer.',
            'needs-consent': 'see --allow-overflow.',
          },
        },
        flags,
        io,
      );
      end(status);
    });
}

/** What there is after a rollback, in a sentence. */
export function rollbackState({ origins }: Done<RollbackResult>): string {
  const texts = origins.map(({ origin, snapshot, state }) => {
    if (state === 'merged') return `${origin} is what ${snapshot} held, and ${snapshot} is gone`;
    if (state === 'merging')
      return `${origin} reads as ${snapshot}, which the kernel goes on to merge into it`;
    return `${snapshot} is merged when ${origin} is activated the next time; until then ${origin} is as it was`;
  });
  return `${texts.join('; ')}.`;
}

interface RollbackFlags extends WorkflowFlags {
  readonly unmount?: boolean;
  readonly defer?: boolean;
  readonly allowOverflow?: readonly string[];
  readonly wait: boolean;
}

function toOptions(snapshots: readonly string[], flags: RollbackFlags): RollbackOptions {
  const { unmount, defer, allowOverflow, wait } = flags;
  return {
    snapshots,
    wait,
    ...(defer === true ? { whenOpen: 'defer' } : {}),
    ...(allowOverflow === undefined ? {} : { allowOverflow }),
    ...(unmount === true ? unmounting() : {}),
  };
}

const help = `
The merge is lvm's. An origin that is in use is refused, unless --unmount or --defer
says what to do about that. It can be used again as soon as the merge has begun.
Ended half-way, the same command goes on.

Exit status: 0 done; 1 not done, standard error says what is left; 2 wrong usage, or
no --yes without a terminal; 3 no such snapshot, or lvm could not be asked.

Examples:
  devmapper rollback vg/home_snap --dry-run
  devmapper rollback vg/home_snap vg/data_snap --unmount
  devmapper rollback vg/root_snap --defer --yes && reboot`;
