import { open } from 'node:fs/promises';
import { runProgram } from './program.ts';

/** What blkid(8) says of a device, such as `TYPE`, `USAGE` and `PTTYPE`. */
export type BlkidValues = ReadonlyMap<string, string>;

/**
 * Asks blkid(8) of util-linux, past its cache, what is on a device; `null` if it knows of nothing there, `several` if it
 * cannot tell which of several counts. Rejects with an Error if it is missing or fails, and with that of open(2) or read(2)
 * if the path cannot be read.
 */
export async function askBlkid(
  path: string,
  signal?: AbortSignal | undefined,
): Promise<BlkidValues | 'several' | null> {
  const argv = ['blkid', '--probe', '--output', 'export', '--', path];
  const { status, stdout, stderr } = await runProgram(argv, 'util-linux', signal);
  if (status === 0) return parseExport(stdout);
  if (status === 2 && stderr === '') {
    await requireReadable(path);
    return null;
  }
  // blkid(8): the ambivalent result of low-level probing.
  if (status === 8) return 'several';
  const why = stderr === '' ? `blkid ended with status ${status}` : stderr;
  throw new Error(`blkid cannot tell what is on ${path}: ${why}`);
}

// blkid's status 2 is also that of a path that is not there and of a disk with I/O errors, and as silent. All that it looks
// for is in the first 64 KiB and a little, but for what nobody mounts.
async function requireReadable(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.alloc(72 * 1024);
    for (let at = 0; at < buffer.length; ) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length - at, at);
      if (bytesRead === 0) return;
      at += bytesRead;
    }
  } finally {
    await file.close();
  }
}

/** Reads the answer of `blkid --output export`. Throws nothing. */
export function parseExport(text: string): BlkidValues {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const equals = line.indexOf('=');
    if (equals > 0) values.set(line.slice(0, equals), unescaped(line.slice(equals + 1)));
  }
  return values;
}

// util-linux, misc-utils/blkid.c, safe_print: control characters as \x0a, and a backslash before what a shell reads.
function unescaped(value: string): string {
  return value.replace(/\\(?:x([0-9a-f]{2})|(.))/g, (_, hex: string | undefined, kept: string) =>
    hex === undefined ? kept : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
