import type { Lvm } from '../../../lib/lvm/index.ts';

/** An instance whose commands are written down, and what was written. */
export interface Recording {
  readonly lvm: Lvm;
  /**
   * The command lines of its operations in the order in which they ended, those that failed as well: as a plan has them,
   * without the program and the settings that the runner adds.
   */
  readonly commands: readonly (readonly string[])[];
}

/** Writes down what an instance runs. */
export function recorded(lvm: Lvm): Recording {
  const commands: (readonly string[])[] = [];
  return { lvm: watching(lvm, commands), commands };
}

function watching<T extends object>(target: T, commands: (readonly string[])[]): T {
  return new Proxy(target, {
    get(object, key, receiver) {
      const value: unknown = Reflect.get(object, key, receiver);
      const isMember = key !== 'argv' && key !== 'argvIn' && key !== 'jobs' && typeof key === 'string';
      const isTree = (typeof value === 'object' && value !== null) || typeof value === 'function';
      return isMember && isTree ? watching(value, commands) : value;
    },
    apply(callee, self, call) {
      const answer: unknown = Reflect.apply(callee as unknown as (...all: unknown[]) => unknown, self, call);
      if (answer instanceof Promise)
        answer.then(
          (result: unknown) => note(result, commands),
          (error: unknown) => note(error, commands),
        );
      return answer;
    },
  });
}

function note(result: unknown, commands: (readonly string[])[]): void {
  const { command } = (result ?? {}) as { readonly command?: readonly string[] };
  if (command === undefined) return;
  const [, subcommand = '', ...words] = command;
  // What only looks is in no plan.
  if (subcommand === 'lvmconfig') return;
  const at = words.indexOf('--config');
  commands.push([subcommand, ...words.toSpliced(at, at < 0 ? 0 : 2)]);
}
