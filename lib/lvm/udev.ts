import { execFile } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { promisify } from 'node:util';

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

/** Finds out what lvm can reach where `prefix` brings it; never rejects. Takes some seconds at most. */
export async function probeFacilities(prefix: readonly string[], places: Places = {}): Promise<Facilities> {
  const { proc = '/proc' } = places;
  const there = prefix.length === 0 ? await here(proc) : await through(prefix, proc);
  if (there === null) return { udev: 'foreign', lvmpolld: false };
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
async function through(prefix: readonly string[], proc: string): Promise<There | null> {
  const [file = '', ...words] = prefix;
  const asked = ['readlink', '/proc/self/ns/ipc', '/proc/self/ns/mnt'];
  const { stdout } = await promisify(execFile)(file, [...words, ...asked], { timeout: 5000 }).catch(() => ({
    stdout: '',
  }));
  const [ipc = null, mount = null] = stdout.trim().split('\n');
  if (ipc === null || mount === null) return null;
  if (mount === (await namespaceOf(proc, 'self', 'mnt'))) return { root: '', ipc };
  return mount === (await namespaceOf(proc, '1', 'mnt')) ? { root: `${proc}/1/root`, ipc } : null;
}

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
