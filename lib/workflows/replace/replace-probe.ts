import { spawn } from 'node:child_process';
import { abortError, onAbort } from '../../abort.ts';

/** What reading a disk gave: null if all could be read, else what went wrong, in words that follow its name. */
export type ProbeResult = string | null;

/**
 * Reads 4 KiB at each of these bytes of a device, past the page cache, in a process of its own: a disk that hangs holds up
 * that process, not this one. After `deadline` milliseconds, which each read has, it is left to itself.
 */
export async function probeDevice(
  path: string,
  offsets: readonly number[],
  deadline: number,
  signal?: AbortSignal | undefined,
): Promise<ProbeResult> {
  for (const offset of offsets) {
    const wrong = await readOnce(path, offset, deadline, signal);
    if (wrong !== null) return wrong;
  }
  return null;
}

/**
 * Overwrites the first 4 KiB of a device, where lvm's label is, so that lvm counts it as missing; never makes a file. In a
 * process of its own like the reads; resolves with what went wrong, in words that follow its name. Whose device it is,
 * the caller has to know.
 */
export async function wipeLabel(
  path: string,
  deadline: number,
  signal?: AbortSignal | undefined,
): Promise<ProbeResult> {
  const words = [
    'if=/dev/zero',
    `of=${path}`,
    'bs=4096',
    'count=1',
    'oflag=direct',
    'conv=nocreat,notrunc,fsync',
  ];
  const said = await runDd(words, deadline, signal);
  return said === null
    ? null
    : said === ''
      ? 'did not answer a write in time'
      : `cannot be written to: ${said}`;
}

async function readOnce(
  path: string,
  offset: number,
  deadline: number,
  signal: AbortSignal | undefined,
): Promise<ProbeResult> {
  const block = 4096;
  const words = [`if=${path}`, 'of=/dev/null', `bs=${block}`, 'count=1', 'iflag=direct'];
  const said = await runDd([...words, `skip=${Math.floor(offset / block)}`], deadline, signal);
  if (said === '') return `did not answer a read at byte ${offset} in time`;
  return said === null ? null : `cannot be read at byte ${offset}: ${said}`;
}

// dd(1) of coreutils: Node's own calls go through the page cache, and one that hangs keeps a thread of its pool for ever.
// Resolves with what it said of its failure: '' if it had no time to, null if it did not fail.
async function runDd(
  words: readonly string[],
  deadline: number,
  signal: AbortSignal | undefined,
): Promise<string | null> {
  if (signal?.aborted === true) throw abortError(signal);
  const child = spawn('dd', [...words, 'status=none'], {
    env: { PATH: process.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = `${said}${text}`.slice(0, 1000);
  });
  return new Promise((resolve, reject) => {
    const letGo = (): void => {
      clearTimeout(timer);
      forget();
      // In the kernel no signal reaches it: then it is left to itself.
      child.kill('SIGKILL');
      child.unref();
      child.stderr.destroy();
    };
    const timer = setTimeout(() => {
      letGo();
      resolve('');
    }, deadline);
    const forget = onAbort(signal, () => {
      letGo();
      reject(abortError(signal));
    });
    child.on('error', (error) => {
      letGo();
      reject(new Error(`dd, which reads disks, cannot be run: ${error.message}`, { cause: error }));
    });
    child.on('close', (status) => {
      clearTimeout(timer);
      forget();
      const [line = ''] = said.trim().split('\n');
      resolve(status === 0 ? null : line.replace(/^dd: /, '') || `dd ended with status ${status}`);
    });
  });
}
