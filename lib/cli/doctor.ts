import type { Command } from 'commander';
import { printable } from '../view/printable.ts';
import { type AskOptions, withAskOptions } from './asking.ts';
import type { Check } from './check.ts';
import { askForVersions, checkAddon, checkDriver, checkLibrary } from './checks-asked.ts';
import { checkCommand, checkNodes, checkPrivilege, checkSysfs } from './checks-system.ts';
import { exitStatus } from './exit.ts';
import { type End, type Io, writeLines } from './io.ts';
import { toJsonLines } from './json.ts';
import type { Look } from './look.ts';
import { pad, wrap } from './text.ts';

/** Adds `devmapper doctor`. */
export function addDoctor(program: Command, io: Io, end: End): void {
  withAskOptions(program.command('doctor'))
    .description('look whether all is there that reading status needs, and say what to do if not')
    .option('--json', 'print JSON, see docs/cli.md')
    .addHelpText('after', help)
    .action(async (options: AskOptions & { readonly json?: boolean }) => {
      const checks = await examine(options);
      if (checks.some(({ state }) => state === 'problem')) end(exitStatus.unhealthy);
      await writeLines(io, options.json === true ? toJsonLines(checks) : checkLines(checks, io.look));
    });
}

/** The lines of `devmapper doctor`: a line a check, the advice below it. */
export function checkLines(checks: readonly Check[], look: Look): string[] {
  const widest = Math.max(...checks.map(({ name }) => name.length));
  const indent = ' '.repeat('problem'.length + widest + 4);
  const room = Math.max(20, (look.width ?? 100) - indent.length);
  return checks.flatMap(({ name, state, found, advice }) => {
    const mark = `${look.paint(styles[state], state)}${' '.repeat('problem'.length - state.length)}`;
    const texts = [found, ...(advice === null ? [] : [advice])];
    const [first = '', ...more] = texts.flatMap((text) => wrap(printable(text), room));
    return [`${mark}  ${pad(name, widest)}  ${first}`, ...more.map((text) => indent + text)];
  });
}

const styles = { ok: 'ok', note: 'warning', problem: 'failed' } as const;

const help = `
Exit status 1 if there is a problem. A note is no problem: status is read without it.

Examples:
  devmapper doctor
  devmapper doctor --library /opt/lib/libdevmapper.so.1.02`;

async function examine({ timeout, library }: AskOptions): Promise<readonly Check[]> {
  const lvmAdvice = 'Install lvm2 to make and change LVM volumes.';
  const dmsetupAdvice = 'Install dmsetup (Debian, Ubuntu) or device-mapper (others) to look below LVM.';
  const [asked, lvm, dmsetup] = await Promise.all([
    askForVersions({ timeout, library }),
    checkCommand('lvm', ['version'], 'LVM version:', lvmAdvice),
    checkCommand('dmsetup', ['--version'], 'Library version:', dmsetupAdvice),
  ]);
  const { names, ...sysfs } = checkSysfs();
  return [
    checkAddon(asked),
    checkLibrary(asked),
    checkDriver(asked),
    checkPrivilege(undefined, 'error' in asked && asked.error.reason === 'no-privilege'),
    checkNodes(names),
    sysfs,
    lvm,
    dmsetup,
  ];
}
