import type { Command } from 'commander';
import { type AskOptions, asking, silenceHelp, withAskOptions } from './asking.ts';
import { exitStatus } from './exit.ts';
import { complain, type End, type Io, writeLines } from './io.ts';
import { endAtSignals, monitorOf, type Watched } from './monitoring.ts';
import { watchLines } from './watch-lines.ts';

/** Adds `devmapper watch [NAME...]`. */
export function addWatch(program: Command, io: Io, end: End): void {
  withAskOptions(program.command('watch').argument('[NAME...]', 'only these'), silenceHelp)
    .description('print a line for every change, until it is ended')
    .option('--all', 'also what happens to internal layers only')
    .option('--json', 'print an object of JSON a line, see docs/cli.md')
    .addHelpText('after', help)
    .action((names: readonly string[], options: WatchOptions) =>
      asking(options, async (dm) => {
        endAtSignals();
        const watched = await monitorOf(dm, names, options, io);
        if (watched === undefined) {
          end(exitStatus.unanswered);
          return;
        }
        const { monitor, scope } = watched;
        complain(io, watchedWords(watched));
        const { all = false, json = false } = options;
        try {
          for await (const line of watchLines(monitor, scope, { all, json, look: io.look }))
            await writeLines(io, [line]);
        } finally {
          monitor.close();
        }
      }),
    );
}

/** What is watched and how, for the line on standard error. */
export function watchedWords({ monitor, scope }: Watched): string {
  const count = [...monitor.current.values()].filter((device) => scope.has(device)).length;
  const what = scope.titles.length === 0 ? 'everything' : scope.titles.join(', ');
  const devices = `${count} device${count === 1 ? '' : 's'} now`;
  const how =
    monitor.source === 'events'
      ? 'by events of the kernel'
      : 'by polling, because this kernel is too old to tell of events (device-mapper 4.37, Linux 4.14)';
  return `watching ${what} (${devices}) ${how}; times are UTC`;
}

interface WatchOptions extends AskOptions {
  readonly all?: boolean;
  readonly json?: boolean;
}

const help = `
Of a sync, merge or hydration every tenth shows; with --json every step that is
seen. What happens to internal layers' data shows, in brackets; that they come, go
or are loaded anew only with --all. Ends with SIGINT (130), SIGTERM (143), or at the
first line that nobody reads.

Examples:
  devmapper watch                          everything
  devmapper watch vg/home vg/pool          two volumes
  devmapper watch --json | jq -r 'select(.kind == "leg-failed") | .title'`;
