import type { Addon } from '../../addon.ts';

/** What a keeper is started for. */
export interface KeeperTask {
  /** The file of the addon. */
  readonly addon: string;
  /** `thaw` is for what a keeper left frozen that was killed. */
  readonly call: 'freeze' | 'sync' | 'thaw';
  /** A path on the file system. */
  readonly path: string;
  /** `major:minor` that the mount there has to have, as mountinfo tells it. */
  readonly device: string;
  /** Milliseconds of the monotonic clock (`process.hrtime`), which all processes share: when to thaw. */
  readonly until: number;
}

/** What a keeper says, a line of JSON each. */
export type KeeperNews =
  | { readonly said: 'ready' }
  | { readonly said: 'done' }
  | { readonly said: 'failed'; readonly code: string; readonly message: string }
  | { readonly said: 'thawed'; readonly why: 'told' | 'deadline' | 'left'; readonly error: string | null };

/**
 * The keeper as text for `node --eval`, so that it runs from TypeScript sources and from dist alike: its one argument is
 * a {@link KeeperTask} as JSON.
 */
export function keeperText(): string {
  // Tools that keep functions' names wrap inner ones in a helper of theirs, which the text would then lack.
  return `const __name = (inner) => inner; (${keep.toString()})(require);`;
}

// Runs in a process of its own and so uses nothing of this module. It reads `go` and `release` from its standard input,
// whose end means that whoever started it is gone. Nothing in it waits but the calls, each of which it can hang in.
function keep(require: NodeJS.Require): void {
  const fs = require('node:fs') as typeof import('node:fs');
  const task = JSON.parse(process.argv[1] ?? '') as KeeperTask;
  let frozen = false;
  let at = '';

  const say = (news: KeeperNews): void => {
    try {
      fs.writeSync(1, `${JSON.stringify(news)}\n`);
    } catch {
      // Nobody listens any more.
    }
  };
  const fail = (error: unknown): never => {
    const { code = 'UNKNOWN', message } = error as NodeJS.ErrnoException;
    say({ said: 'failed', code, message });
    process.exit(1);
  };
  const attempt = (call: () => void): void => {
    try {
      call();
    } catch (error) {
      fail(error);
    }
  };
  // By the open file: the path could be covered or moved meanwhile.
  const open = (): void => {
    const file = fs.openSync(task.path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    at = `/proc/self/fd/${file}`;
    const mount = /^mnt_id:\s*(\d+)$/m.exec(fs.readFileSync(`/proc/self/fdinfo/${file}`, 'utf8'))?.[1];
    const line = fs
      .readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .find((one) => one.startsWith(`${mount} `));
    if (line?.split(' ')[2] !== task.device)
      throw Object.assign(new Error(`another file system is mounted on ${task.path}`), { code: 'ESTALE' });
  };
  const leave = (why: 'told' | 'deadline' | 'left'): void => {
    if (frozen) {
      let error: string | null = null;
      frozen = false;
      try {
        addon.thaw(at);
      } catch (cause) {
        error = (cause as NodeJS.ErrnoException).code ?? 'UNKNOWN';
      }
      say({ said: 'thawed', why, error });
    }
    process.exit(0);
  };
  const act = (): void => {
    attempt(() => {
      if (task.call === 'thaw') return addon.thaw(at);
      // What can be written before is not written while all others wait.
      addon.syncFilesystem(at);
      if (task.call === 'freeze') addon.freeze(at);
    });
    frozen = task.call === 'freeze';
    say({ said: 'done' });
    if (!frozen) process.exit(0);
    setTimeout(
      () => leave('deadline'),
      Math.max(0, task.until - Number(process.hrtime.bigint() / 1_000_000n)),
    );
  };

  process.title = `devmapper: ${task.call} ${task.path}`;
  let addon = {} as Addon;
  attempt(() => {
    addon = require(task.addon) as Addon;
    open();
  });
  try {
    // Without memory the kernel must not choose the one process that can thaw.
    fs.writeFileSync('/proc/self/oom_score_adj', '-1000');
  } catch {
    // It takes CAP_SYS_RESOURCE.
  }
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => leave('left'));
  let heard = '';
  process.stdin.setEncoding('utf8');
  process.stdin.on('data', (text: string) => {
    const lines = (heard + text).split('\n');
    heard = lines.pop() ?? '';
    for (const line of lines) {
      if (line === 'go') act();
      else leave('told');
    }
  });
  for (const end of ['end', 'close', 'error']) process.stdin.on(end, () => leave('left'));
  say({ said: 'ready' });
}
