import type { Lvm } from '../../../lib/lvm/index.ts';
import type { Plan } from '../../../lib/workflows/index.ts';

/** An instance whose commands are written down, and what was written: each command line as lvm carried it out. */
export interface Recording {
  readonly lvm: Lvm;
  /** Command lines that succeeded, the program first, in the order in which they ended. */
  readonly commands: readonly (readonly string[])[];
}

/** Writes down what an instance runs. */
export function recorded(lvm: Lvm): Recording {
  const commands: (readonly string[])[] = [];
  return { lvm: noting(lvm, commands), commands };
}

/** What of a plan was run: its commands in order, without those options that the runner puts in front. */
export function withoutSettings(commands: Recording['commands'], plan: Plan): readonly (readonly string[])[] {
  const planned = plan.steps.flatMap((step) => step.commands);
  return commands.map((command, index) => {
    const length = (planned[index]?.length ?? 1) - 1;
    return [command[1] ?? '', ...(length === 0 ? [] : command.slice(-length))];
  });
}

function noting<T extends object>(target: T, commands: (readonly string[])[]): T {
  return new Proxy(target, {
    get(object, key, receiver) {
      const value: unknown = Reflect.get(object, key, receiver);
      const isPlain = typeof key !== 'string' || key === 'argv' || key === 'argvIn' || key === 'jobs';
      if (isPlain || value === null) return value;
      return typeof value === 'function' || typeof value === 'object' ? noting(value, commands) : value;
    },
    apply(callee, self, call) {
      const answer: unknown = Reflect.apply(callee as unknown as (...all: unknown[]) => unknown, self, call);
      if (answer instanceof Promise)
        answer.then(
          (result: { readonly command?: readonly string[] }) => {
            if (Array.isArray(result?.command)) commands.push(result.command);
          },
          () => {},
        );
      return answer;
    },
  });
}
