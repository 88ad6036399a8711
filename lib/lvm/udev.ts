import { execFile } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { connect } from 'node:net';

/** What lvm can reach on this machine. */
export interface Facilities {
  /**
   * `reachable`: a udevd answers to lvm's cookies. `absent`: there is none. `dead`: its socket is there, and nobody
   * behind it. `foreign`: it lives in another IPC namespace (that of a container's host), where it cannot see lvm's
   * semaphores. lvm waits for ever with the last two unless it is told to do without udev.
   */
  readonly udev: 'reachable' | 'absent' | 'dead' | 'foreign';
  /** Whether lvmpolld takes connections. */
  readonly lvmpolld: boolean;
}

/** Where to look; each has the place that lvm and udev use as its default. */
export interface Places {
  readonly udevSocket?: string;
  readonly lvmpolldSocket?: string;
  readonly proc?: string;
}

/** What is assumed where nothing is known: lvm then does without udev, which never hangs. */
export const unknownFacilities: Facilities = { udev: 'foreign', lvmpolld: false };

/**
 * Finds out what lvm can reach where `prefix` brings it; null if the prefix does not answer within five seconds, or
 * with an error. Never rejects.
 */
export async function probeFacilities(
  prefix: readonly string[],
  places: Places = {},
): Promise<Facilities | null> {
  const { proc = '/proc' } = places;
  const there = prefix.length === 0 ? await here(proc) : await through(prefix, proc);
  if (there === null) return null;
  if (there === 'elsewhere') return unknownFacilities;
  const { udevSocket = '/run/udev/control', lvmpolldSocket = '/run/lvm/lvmpolld.socket' } = places;
  const [udevd, lvmpolld] = await Promise.all(
    [udevSocket, lvmpolldSocket].map((path) => probeSocket(`${there.root}${path}`)),
  );
  const udev =
    udevd !== 'alive'
      ? (udevd ?? 'absent')
      : (await sharesSemaphores(there.ipc, proc))
        ? 'reachable'
        : 'foreign';
  return { udev, lvmpolld: lvmpolld === 'alive' };
}

interface There {
  /** Its root directory as seen from here. */
  readonly root: string;
  readonly ipc: string | null;
}

async function here(proc: string): Promise<There> {
  return { root: '', ipc: await namespaceOf(proc, 'self', 'ipc') };
}

// The sockets of another mount namespace can be reached if it is that of PID 1; of any other nothing is known.
async function through(prefix: readonly string[], proc: string): Promise<There | 'elsewhere' | null> {
  const asked = ['readlink', '/proc/self/ns/ipc', '/proc/self/ns/mnt'];
  const [ipc = '', mount = ''] = (await answerOf([...prefix, ...asked])).trim().split('\n');
  if (ipc === '' || mount === '') return null;
  if (mount === (await namespaceOf(proc, 'self', 'mnt'))) return { root: '', ipc };
  return mount === (await namespaceOf(proc, '1', 'mnt')) ? { root: `${proc}/1/root`, ipc } : 'elsewhere';
}

// What takes no notice of SIGTERM, or leaves its output open to a child, is not waited for: it changes nothing.
function answerOf([file = '', ...args]: readonly string[]): Promise<string> {
  const answer = new Promise<string>((resolve) => {
    const child = execFile(file, args, (error, stdout) => resolve(error === null ? stdout : ''));
    const timer = setTimeout(() => {
      child.kill('SIGTERM');
      child.stdout?.destroy();
      child.stderr?.destroy();
      child.unref();
      resolve('');
    }, longestProbe);
    child.once('close', () => clearTimeout(timer));
    child.once('error', () => clearTimeout(timer));
  });
  return answer.catch(() => '');
}

const longestProbe = 5000;

/**
 * What is behind the file of a Unix socket. udevd's is of type SOCK_SEQPACKET, which Node cannot connect to: the kernel
 * says EPROTOTYPE if a process has it open and ECONNREFUSED if none has, unix_find_bsd() in net/unix/af_unix.c.
 */
export function probeSocket(path: string): Promise<'alive' | 'dead' | 'absent'> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const end = (found: 'alive' | 'dead' | 'absent'): void => {
      clearTimeout(deadline);
      socket.destroy();
      resolve(found);
    };
    const deadline = setTimeout(() => end('dead'), 1000);
    socket.on('connect', () => end('alive'));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPROTOTYPE' || error.code === 'EAGAIN') end('alive');
      else end(error.code === 'ENOENT' || error.code === 'ENOTDIR' ? 'absent' : 'dead');
    });
  });
}

// PROC_IPC_INIT_INO of include/linux/proc_ns.h: the namespace that the machine's own udevd lives in.
const initialNamespace = 'ipc:[4026531839]';

// PID 1 would not do: in a container it is the container's own, in the same namespace as everything in it.
async function sharesSemaphores(ours: string | null, proc: string): Promise<boolean> {
  if (ours === null || ours === '') return false;
  if (ours === initialNamespace) return true;
  for (const pid of await readdir(proc).catch(() => [])) {
    if (!/^\d+$/.test(pid)) continue;
    const name = await readFile(`${proc}/${pid}/comm`, 'utf8').catch(() => '');
    if (/^(?:systemd-)?udevd$/.test(name.trim()) && (await namespaceOf(proc, pid, 'ipc')) === ours)
      return true;
  }
  return false;
}

function namespaceOf(proc: string, pid: string, kind: 'ipc' | 'mnt'): Promise<string | null> {
  return readlink(`${proc}/${pid}/ns/${kind}`).catch(() => null);
}
