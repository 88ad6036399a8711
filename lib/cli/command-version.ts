import { type ExecFileException, execFile } from 'node:child_process';

/** What a command says of its version; null if it is not installed. */
export type CommandVersion = { readonly version: string } | { readonly problem: string } | null;

/**
 * Runs a command, without a shell and for five seconds at most, and finds the first version behind `label` in what it
 * prints. An administrator's directories are searched too, which an ordinary user's PATH may lack.
 */
export function commandVersion(
  file: string,
  args: readonly string[],
  label: string,
): Promise<CommandVersion> {
  const { PATH = '' } = process.env;
  const env = { PATH: `${PATH}:/usr/local/sbin:/usr/sbin:/sbin`, LC_ALL: 'C', LVM_SUPPRESS_FD_WARNINGS: '1' };
  return new Promise((resolve) => {
    const child = execFile(file, args, { env, timeout: 5000, maxBuffer: 65_536 }, (error, stdout) => {
      // Without device-mapper both fail after they have printed their own version.
      const line = stdout.split('\n').find((each) => each.includes(label));
      if (line !== undefined)
        return resolve({ version: line.slice(line.indexOf(label) + label.length).trim() });
      if (error !== null && error.code === 'ENOENT') return resolve(null);
      const reason = error === null ? 'its version is not in its output' : reasonOf(error);
      resolve({ problem: reason });
    });
    child.stdin?.end();
  });
}

function reasonOf(error: ExecFileException): string {
  if (error.killed === true) return 'it did not end within five seconds';
  return typeof error.code === 'number'
    ? `it ended with status ${error.code}`
    : String(error.code ?? 'it failed');
}
