import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The fake device-mapper, built for this run (see fake-dm.c), and processes that use this package against it. */
export interface FakeDeviceMapper {
  /** The shared object: to be preloaded, and to be opened as the library. */
  readonly library: string;
  /** While this file exists, the status of the devices named in `FAKE_HANG` hangs. */
  readonly hangFile: string;
  /** Runs module source with `DeviceMapper`, `library`, `hangFile` and `release()` in scope; it calls `report(value)`. */
  run(source: string, environment?: Readonly<Record<string, string>>): Promise<unknown>;
  remove(): void;
}

/** Builds the fake; the tests of a file share one. */
export function fakeDeviceMapper(): FakeDeviceMapper {
  const directory = mkdtempSync(join(tmpdir(), 'devmapper-fake-'));
  const library = join(directory, 'fake-dm.so');
  const hangFile = join(directory, 'hang');
  const source = fileURLToPath(new URL('./fake-dm.c', import.meta.url));
  execFileSync('cc', ['-shared', '-fPIC', '-O1', '-w', '-o', library, source]);
  writeFileSync(hangFile, '');

  return {
    library,
    hangFile,
    run: (code, environment = {}) =>
      runModule(`${prologue(library, hangFile)}\n${code}`, {
        LD_PRELOAD: library,
        FAKE_HANG_FILE: hangFile,
        ...environment,
      }),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** The built package, as its users import it. */
const packageUrl = new URL('../../../dist/index.js', import.meta.url).href;

function prologue(library: string, hangFile: string): string {
  return `
    import { readdirSync, readFileSync, rmSync } from 'node:fs';
    import { setTimeout as sleep } from 'node:timers/promises';
    import { Worker } from 'node:worker_threads';
    import { DeviceMapper, DmError } from ${JSON.stringify(packageUrl)};
    const packageUrl = ${JSON.stringify(packageUrl)};
    const library = ${JSON.stringify(library)};
    const hangFile = ${JSON.stringify(hangFile)};
    const release = () => rmSync(hangFile, { force: true });
    const ownThreads = () => readdirSync('/proc/self/task').filter((task) => {
      try { return readFileSync('/proc/self/task/' + task + '/comm', 'utf8').startsWith('dm-'); } catch { return false; }
    }).length;
    const report = (value) => console.log(JSON.stringify(value));
    const failure = (promise) => promise.then(
      () => 'no error',
      ({ name, code, reason, operation, device, message }) => ({ name, code, reason, operation, device, message }),
    );
  `;
}

/** Runs ES module source in a process of its own; resolves with the last line of JSON it printed. Rejects if it failed. */
function runModule(source: string, environment: Readonly<Record<string, string>> = {}): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const options = { env: { ...process.env, ...environment }, timeout: 100_000, maxBuffer: 1 << 26 };
    const argv = ['--expose-gc', '--input-type=module', '--eval', source];
    execFile(process.execPath, argv, options, (error, stdout, stderr) => {
      if (error !== null) return reject(new Error(`${error.message}\n${stdout}\n${stderr}`));
      resolve(JSON.parse(stdout.trim().split('\n').at(-1) ?? 'null'));
    });
  });
}
