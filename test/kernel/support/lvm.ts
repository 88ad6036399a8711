import { existsSync, readFileSync } from 'node:fs';
import { afterAll, expect } from 'vitest';
import { Lvm, type LvmOptions } from '../../../lib/lvm/index.ts';

/**
 * Opens LVM as the sandbox has it set up. What is called, with which options, is noted for docs/lvm.md: see
 * {@link tried}.
 */
export function openLvm(options: LvmOptions = {}): Lvm {
  const { LVM_SYSTEM_DIR: systemDirectory } = process.env;
  const environment = systemDirectory === undefined ? {} : { LVM_SYSTEM_DIR: systemDirectory };
  return noting(Lvm.open({ ...options, environment: { ...environment, ...options.environment } }), []);
}

// By operation, the options that it was called with and that lvm carried out.
const tried = new Map<string, Set<string>>();

const ledger = new URL('../../fixtures/lvm-tried.json', import.meta.url);

afterAll(() => {
  if (tried.size === 0) return;
  const file = (expect.getState().testPath ?? '').replace(/.*\//, '');
  const now = Object.fromEntries([...tried].map(([name, options]) => [name, [...options].sort()]));
  if (process.env.DEVMAPPER_TRIED === '1')
    process.stdout.write(`\nTRIED ${JSON.stringify({ [file]: now })}\n`);
  const promised = promisedBy(file);
  // What docs/lvm.md says was tried for real has to have been, each time that all of a file's tests are run.
  const broken = Object.entries(promised).filter(
    ([name, options]) => !options.every((option) => tried.get(name)?.has(option) === true),
  );
  if (process.env.DEVMAPPER_TRIED !== '1' && !isFiltered()) expect(broken).toEqual([]);
});

function promisedBy(file: string): Readonly<Record<string, readonly string[]>> {
  if (!existsSync(ledger)) return {};
  const all = JSON.parse(readFileSync(ledger, 'utf8')) as Readonly<
    Record<string, Readonly<Record<string, readonly string[]>>>
  >;
  return all[file] ?? {};
}

function isFiltered(): boolean {
  return process.env.DEVMAPPER_TEST_FILTERED === '1';
}

function noting<T extends object>(target: T, path: readonly string[]): T {
  return new Proxy(target, {
    get(object, key, receiver) {
      const value: unknown = Reflect.get(object, key, receiver);
      if (typeof key !== 'string' || key === 'argv' || key === 'argvIn' || value === null) return value;
      if (typeof value === 'function') return noting(value, [...path, key]);
      return typeof value === 'object' ? noting(value, [...path, key]) : value;
    },
    apply(callee, self, call) {
      const answer: unknown = Reflect.apply(callee as unknown as (...all: unknown[]) => unknown, self, call);
      const note = (): void => {
        const options: unknown = call.at(-1);
        const keys =
          typeof options === 'object' && options !== null && !Array.isArray(options)
            ? Object.keys(options)
            : [];
        // What starts an operation as a job carries it out, too.
        const name = (path.at(-1) === 'job' ? path.slice(0, -1) : path).join('.');
        const seen = tried.get(name) ?? new Set();
        tried.set(name, seen);
        for (const one of keys) seen.add(one);
      };
      const result = path.at(-1) === 'job' ? (answer as { readonly result: unknown }).result : answer;
      if (result instanceof Promise) result.then(note, () => {});
      else note();
      return answer;
    },
  });
}
