import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { operations } from '../../../lib/lvm/commands/index.ts';
import { type LvmReason, lvmReasons } from '../../../lib/lvm/reasons.ts';
import { commandTables, flatten, reasonTable, type Tried } from './support/document.ts';
import { provokedReasons } from './support/provoked.ts';

const ledger = new URL('../../fixtures/lvm-tried.json', import.meta.url);
const tried = JSON.parse(readFileSync(ledger, 'utf8')) as Tried;

it('docs/lvm.md is what the code says; "npx vitest run --project unit lvm/document -u" writes it anew', async () => {
  const text = [
    introduction,
    '## Commands',
    '',
    'Every function, its options, what lvm calls them, and whether a test has carried the option out on real LVM. Command',
    'lines with all options, in many combinations, are gone through by lvm in `lvm-grammar.test.ts`.',
    '',
    commandTables(operations, tried),
    '## Reasons',
    '',
    'Why a command failed or was not run (`error.reason`), and the test that provokes it.',
    '',
    reasonTable(lvmReasons, provokedReasons()),
    '',
  ].join('\n');
  await expect(text).toMatchFileSnapshot('../../../docs/lvm.md');
});

it('every operation was tried on real LVM, but for those that this kernel cannot do', () => {
  const seen = new Set(Object.values(tried).flatMap((paths) => Object.keys(paths)));
  const untried = flatten(operations).flatMap(([path]) => (seen.has(path) ? [] : [path]));
  // There is no dm-vdo in it, and no lvmlockd, without which lvm refuses: that is tested.
  expect(untried.filter((path) => !/vdo|^vgchange\.lock/i.test(path))).toEqual([]);
});

it('every test that the ledger names is there', () => {
  for (const file of Object.keys(tried))
    expect(existsSync(new URL(`../../kernel/${file}`, import.meta.url)), file).toBe(true);
});

it('every reason is provoked by a test, or is said why it is not', () => {
  const provoked = provokedReasons();
  const reasons = Object.keys(lvmReasons) as LvmReason[];
  expect(reasons.filter((reason) => provoked[reason] === undefined)).toEqual([]);
});

const introduction = `# LVM

<!-- Made from the code by test/unit/lvm/document.test.ts; do not edit. -->

\`\`\`js
import { Lvm } from 'devmapper/lvm';

const lvm = Lvm.open();
const { volume, notes } = await lvm.lvcreate.mirror('vg/home', {
  size: '10GiB',
  mirrors: 1,
  mirrorLog: 'disk',
  devices: ['/dev/sdb', '/dev/sdc', '/dev/sdd'],
});
console.log(volume?.size, notes); // the actual size in bytes, and how lvm rounded it
\`\`\`

- **No shell, no guess.** A command is options, checked and made into arguments, and one run of \`lvm\`. Types of volumes are
  always explicit, sizes go out as exact bytes, names are checked by LVM's rules, operands stand behind \`--\`.
  \`lvm.lvcreate.mirror.argv(...)\` is the command line without running it, \`argvIn(state, ...)\` with the \`--yes\` it would
  have with what \`state\` (a \`fullreport\`) tells is there; \`test: true\` is lvm's own \`--test\`.
- **Status 0 proves nothing.** lvm's report is read before and after each command. What was to be brought about has to be
  there, or the call rejects with the reason \`not-done\`; \`changed\` says whether anything is different from before.
- **Questions are the caller's.** lvm asks before it wipes, destroys or shrinks. Each question is an option of its own
  (\`wipeSignatures\`, \`allowDestroy\`, ...); lvm's \`--yes\` goes out only when all that this command may ask is answered.
  Otherwise the error has the question, and the option that answers it.
- **Errors say what to do.** \`LvmError\`: \`reason\` (a closed list, see below), \`object\`, \`exitCode\`, \`stderr\`, \`changed\`
  (\`'no'\`, \`'yes'\`, \`'unknown'\`), and where lvm has them the numbers: \`space.needed\`, \`space.available\`.
- **Never killed half-way.** \`signal\` and \`timeout\` send SIGTERM and wait for lvm to exit; SIGKILL is never sent.
- **Commands that change one group run one after another** within an instance; reports run beside them.

Sizes are bytes as number or bigint, text with a unit of 1024 (\`'512KiB'\`, \`'1.5TiB'\`; a bare number in text is refused),
\`{ extents: 100 }\`, or \`{ percent: 50, of: 'FREE' }\`. Whatever is not modelled goes through \`extraArguments\`.

Every function takes \`signal\`, \`timeout\` (milliseconds), \`test\` and \`extraArguments\` besides the options below, and
resolves with \`command\`, \`changed\`, \`objects\`, \`notes\`, \`warnings\`, \`duration\` (milliseconds) and what it made.

`;
