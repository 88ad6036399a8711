import { createHash } from 'node:crypto';
import { ftruncateSync, readSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { loadAddon } from '../../addon.ts';
import { makeOwnDirectory } from './own-directory.ts';
import { processText } from './processes.ts';

/** A lock that is held. */
export interface Held {
  /** Lets it go; harmless if done twice. */
  release(): Promise<void>;
}

/**
 * Takes the lock of a subject, such as `vg/lv`, or says who has it: `1234 (node), replaceFailedDevice since 2024-...`, or
 * `another process`. Waits for nobody. The lock is flock(2) on a file in `directory`, so the kernel takes it back with the
 * process; two calls in one process exclude each other as well. Rejects if the directory or file cannot be written.
 */
export async function lockSubject(
  subject: string,
  what: string,
  directory = lockDirectory,
): Promise<Held | { readonly holder: string }> {
  const path = join(directory, lockName(subject));
  const descriptor = await take(path, directory, subject);
  if (descriptor === null) return { holder: await holderOf(path) };
  let held = true;
  note(
    descriptor,
    `${process.pid} ${what.replace(/\s/g, ' ').slice(0, 200)} since ${new Date().toISOString()}`,
  );
  return {
    release: async () => {
      if (!held) return;
      held = false;
      note(descriptor, '');
      // The file stays: who has opened it and waits would otherwise lock one that no longer has a name.
      loadAddon().unlockFile(descriptor);
    },
  };
}

/** The name of a subject's lock file: no two subjects have the same, and none is a path. */
export function lockName(subject: string): string {
  const escaped = [...Buffer.from(subject)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[A-Za-z0-9_+.-]/.test(character) ? character : `%${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');
  // 255 bytes is the longest name that Linux's file systems take.
  if (escaped.length <= 180) return `${escaped}.lock`;
  return `${escaped.slice(0, 100)}%%${createHash('sha256').update(subject).digest('hex')}.lock`;
}

// Not below /run/lock: where all may write there, anybody could make it first, and nobody could lock anything then.
const lockDirectory = '/run/devmapper/locks';

async function take(path: string, directory: string, subject: string): Promise<number | null> {
  try {
    await makeOwnDirectory(directory);
    return loadAddon().lockFile(path);
  } catch (cause) {
    const { code = 'UNKNOWN', message } = cause as NodeJS.ErrnoException;
    throw Object.assign(new Error(`${subject} cannot be locked: ${message}`, { cause }), { code, path });
  }
}

// A lock without a note is as good: a full /run must not keep anybody from working.
function note(descriptor: number, text: string): void {
  try {
    ftruncateSync(descriptor);
    writeSync(descriptor, text, 0);
  } catch {}
}

async function holderOf(path: string): Promise<string> {
  const [, pid, what = ''] = /^(\d+) (.+)$/.exec(await readNote(path)) ?? [];
  if (pid === undefined) return 'another process';
  const who = await processText(Number(pid));
  // Of another pid namespace, or the note of one that has ended and whose successor has not written its own yet.
  return who === pid ? 'another process' : `${who}, ${what}`;
}

async function readNote(path: string): Promise<string> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return '';
  try {
    const buffer = Buffer.alloc(512);
    return buffer
      .toString('utf8', 0, readSync(file.fd, buffer, 0, buffer.length, 0))
      .replace(/[^\x20-\x7e]/g, '?');
  } finally {
    await file.close();
  }
}
