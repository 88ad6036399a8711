import { type AnyOperation, isOperation, type OperationTree } from '../../../../lib/lvm/bind.ts';

/** Of a file of kernel tests, the operations that it carries out on real LVM, with the options it uses. */
export type Tried = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

/** Which kernel test provokes a reason: its file and name. */
export interface Provoked {
  readonly file: string;
  readonly test: string;
}

/** The tables of docs/lvm.md: every operation with its options, and what of it was tried on real LVM. */
export function commandTables(operations: OperationTree, tried: Tried): string {
  const families = Object.entries(operations).map(([name, node]) => {
    const all = isOperation(node) ? [[name, node] as const] : flatten(node, name);
    return [`### ${name}`, '', ...all.flatMap(([path, operation]) => table(path, operation, tried))].join(
      '\n',
    );
  });
  return families.join('\n');
}

/** The operations of a tree with their paths, `lvcreate.linear`. */
export function flatten(tree: OperationTree, path = ''): readonly (readonly [string, AnyOperation])[] {
  return Object.entries(tree).flatMap(([name, node]) => {
    const here = path === '' ? name : `${path}.${name}`;
    return isOperation(node) ? [[here, node] as const] : flatten(node, here);
  });
}

/** The list of reasons in docs/lvm.md, with what provokes each. */
export function reasonTable(
  reasons: Readonly<Record<string, { readonly meaning: string }>>,
  provoked: Readonly<Record<string, Provoked | string>>,
): string {
  const rows = Object.entries(reasons).map(([reason, { meaning }]) => {
    const by = provoked[reason] ?? '';
    return `| \`${reason}\` | ${cell(meaning)} | ${cell(typeof by === 'string' ? by : `${by.file}: ${by.test}`)} |`;
  });
  return ['| Reason | Meaning | Provoked by |', '|---|---|---|', ...rows].join('\n');
}

function table(path: string, operation: AnyOperation, tried: Tried): readonly string[] {
  const files = Object.entries(tried).flatMap(([file, paths]) => (paths[path] === undefined ? [] : [file]));
  const used = new Set(Object.values(tried).flatMap((paths) => paths[path] ?? []));
  const { subject, command, fixed, summary, options } = operation;
  const call = `lvm.${path}(${[subject.takes === '' ? [] : `'${subject.takes}'`, Object.keys(options).length === 0 ? [] : 'options'].flat().join(', ')})`;
  const rows = Object.entries(options).map(
    ([name, { flag, takes, required }]) =>
      `| \`${name}\`${required ? ' (required)' : ''} | ${flag === '' ? '' : `\`${flag}\``} | ${cell(takes)} | ${used.has(name) ? 'yes' : 'no'} |`,
  );
  return [
    `#### \`${call}\``,
    '',
    `${summary} Runs \`${[command, ...fixed].join(' ')}\`. ${files.length === 0 ? 'Not tried on real LVM.' : `Tried on real LVM by ${files.map((file) => `\`${file}\``).join(', ')}.`}`,
    '',
    ...(rows.length === 0 ? [] : ['| Option | lvm | Takes | Tried |', '|---|---|---|---|', ...rows, '']),
  ];
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
