import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The built package, for processes and threads of their own, which cannot load TypeScript. Throws an Error if it is not built. */
export function builtPackage(): string {
  const url = new URL('../../../dist/index.js', import.meta.url);
  if (!existsSync(fileURLToPath(url))) throw new Error('dist is missing: run "npm run build:ts"');
  return url.href;
}

/**
 * Runs a module's source text in a Node process of its own, where `DeviceMapper` and `report` are at hand, and gives
 * what it reported. `prefix` is a command to run it through.
 */
export async function runWithPackage(source: string, prefix: readonly string[] = []): Promise<unknown> {
  const whole = `
    import { DeviceMapper } from ${JSON.stringify(builtPackage())};
    const report = (value) => console.log(JSON.stringify(value));
    ${source}`;
  const [command = '', ...args] = [...prefix, process.execPath, '--input-type=module', '--eval', whole];
  const { stdout } = await finished(spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: '/' }));
  return JSON.parse(stdout);
}

/** Waits for a process that was started with pipes; rejects with its standard error if it does not exit with 0. */
export function finished(child: ChildProcess): Promise<{ readonly stdout: string; readonly stderr: string }> {
  return new Promise((resolve, reject) => {
    let stdout = '';
    let stderr = '';
    child.stdout?.on('data', (text) => {
      stdout += text;
    });
    child.stderr?.on('data', (text) => {
      stderr += text;
    });
    child.once('error', reject);
    child.once('close', (status) => {
      if (status === 0) resolve({ stdout, stderr });
      else reject(new Error(`exit status ${status}: ${stderr}`));
    });
  });
}
