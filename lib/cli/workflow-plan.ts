import { printable } from '../view/printable.ts';
import type { Plan } from '../workflows/plan.ts';
import type { Look } from './look.ts';
import { wrap } from './text.ts';

/** The text of a plan: summary, what will change, warnings, and each step with the lvm commands that it runs. */
export function planLines(plan: Plan, look: Look): readonly string[] {
  const steps = plan.steps.flatMap(({ title, commands, when }, index) => {
    const number = `${String(index + 1).padStart(3)}. `;
    return [
      ...hung(number, title, look),
      ...(when === null ? [] : hung('     ', `only if ${when}`, look)),
      // A command that is broken into lines could not be copied.
      ...commands.map((words) => `       ${look.paint('faint', commandText(words))}`),
    ];
  });
  return [
    ...headLines(plan, look),
    ...(steps.length === 0
      ? ['', 'All is as wanted already: there is nothing to do.']
      : ['', 'Steps:', ...steps]),
  ];
}

/** What a confirmation shows: summary, what will change, and warnings. */
export function headLines({ summary, changes, warnings }: Plan, look: Look): readonly string[] {
  return [
    look.paint('heading', printable(summary)),
    ...listed('What will change:', changes, look),
    ...listed('To know before:', warnings, look),
  ];
}

/** An lvm command as it can be given to a shell. */
export function commandText(words: readonly string[]): string {
  return ['lvm', ...words].map(shellWord).join(' ');
}

/** A word as a POSIX shell reads it back. */
export function shellWord(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${printable(word).replaceAll("'", "'\\''")}'`;
}

function listed(title: string, texts: readonly string[], look: Look): readonly string[] {
  return texts.length === 0 ? [] : ['', title, ...texts.flatMap((text) => hung('  - ', text, look))];
}

// The first line behind `first`, the others below its text.
function hung(first: string, text: string, { width }: Look): readonly string[] {
  const plain = printable(text);
  const lines = width === undefined ? [plain] : wrap(plain, Math.max(20, width - 1 - first.length));
  return lines.map((line, index) => `${index === 0 ? first : ' '.repeat(first.length)}${line}`);
}
