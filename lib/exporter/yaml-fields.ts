import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { webConfigError } from './web-error.ts';

/** A value in a YAML file, with its place in it. */
export interface Field {
  /** Its keys from the top, such as `tls_server_config.cert_file`. */
  readonly path: string;
  readonly node: unknown;
  /** Its key, for the line of a value that is not there. */
  readonly place?: unknown;
  readonly document: Document;
}

interface Document {
  readonly resolve: (node: unknown) => unknown;
  readonly error: (node: unknown, text: string) => Error;
}

/** The top of a YAML file; undefined if it says nothing. Throws an error with file and line if it is no YAML. */
export function readYaml(text: string, file: string): Field | undefined {
  const lines = new LineCounter();
  const parsed = parse(text, file, lines);
  const [problem] = parsed.errors;
  if (problem !== undefined)
    throw webConfigError(
      file,
      lines.linePos(problem.pos[0]).line,
      `is no YAML: ${firstLine(problem.message)}`,
    );
  const error = (node: unknown, message: string): Error => {
    const start = (node as { range?: readonly number[] } | null)?.range?.[0];
    return webConfigError(file, start === undefined ? undefined : lines.linePos(start).line, message);
  };
  const resolve = (node: unknown): unknown => {
    if (!isAlias(node)) return node;
    const meant = node.resolve(parsed);
    if (meant === undefined) throw error(node, `there is no anchor ${JSON.stringify(node.source)}`);
    return meant;
  };
  const document: Document = { resolve, error };
  const top = { path: '', node: parsed.contents, document };
  return isNothing(top) ? undefined : top;
}

/** The values of a mapping by key, without those that are null. Throws for a key that is not in `known`. */
export function fieldsOf(field: Field, known: readonly string[]): ReadonlyMap<string, Field> {
  return new Map([...entriesOf(field, known)].filter(([, child]) => !isNothing(child)));
}

/** The values of a mapping by key, those that are null too. Throws for a key that is not in `known`. */
export function entriesOf(field: Field, known?: readonly string[]): ReadonlyMap<string, Field> {
  const { document, path } = field;
  const node = document.resolve(field.node);
  if (!isMap(node)) throw fault(field, 'must be a mapping of keys to values');
  const fields = new Map<string, Field>();
  for (const { key, value } of node.items) {
    const name = isScalar(key) ? scalarText(key) : undefined;
    if (name === undefined) throw document.error(key, `${titleOf(path)}a key must be text`);
    if (known !== undefined && !known.includes(name))
      throw document.error(
        key,
        `${titleOf(path)}unknown key ${JSON.stringify(name)}; known are ${known.join(', ')}`,
      );
    fields.set(name, { path: path === '' ? name : `${path}.${name}`, node: value, place: key, document });
  }
  return fields;
}

/** Whether it is null, as a value is of which only the key is there. */
export function isNothing({ document, node }: Field): boolean {
  const value = document.resolve(node);
  return value === null || value === undefined || (isScalar(value) && value.value === null);
}

/** The text of a scalar, as it is written where YAML would read a number. */
export function textOf(field: Field): string {
  const node = field.document.resolve(field.node);
  const text = isScalar(node) ? scalarText(node) : undefined;
  if (text === undefined) throw fault(field, 'must be text');
  return text;
}

/** The elements of a list. */
export function listOf(field: Field): readonly Field[] {
  const node = field.document.resolve(field.node);
  if (!isSeq(node)) throw fault(field, 'must be a list');
  return node.items.map((item, index) => ({ ...field, path: `${field.path}[${index}]`, node: item }));
}

/** True or false; also in the words of YAML 1.1, which Go's yaml.v2 takes. */
export function booleanOf(field: Field): boolean {
  const node = field.document.resolve(field.node);
  const text = isScalar(node) && node.type === 'PLAIN' ? scalarText(node)?.toLowerCase() : undefined;
  if (text !== undefined && ['true', 'yes', 'on', 'y'].includes(text)) return true;
  if (text !== undefined && ['false', 'no', 'off', 'n'].includes(text)) return false;
  throw fault(field, 'must be true or false');
}

/** What is wrong with a value. */
export function fault(field: Field, text: string): Error {
  return field.document.error(field.node ?? field.place, `${titleOf(field.path)}${text}`);
}

function titleOf(path: string): string {
  return path === '' ? '' : `${path}: `;
}

function scalarText({
  value,
  source,
}: {
  readonly value: unknown;
  readonly source?: string;
}): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value !== 'number' && typeof value !== 'boolean' && typeof value !== 'bigint') return undefined;
  return source ?? String(value);
}

// A file that nests deeper than the stack is no reason to end.
function parse(text: string, file: string, lineCounter: LineCounter): ReturnType<typeof parseDocument> {
  try {
    return parseDocument(text, { lineCounter, prettyErrors: false, logLevel: 'silent' });
  } catch (error) {
    throw webConfigError(file, undefined, `is no YAML: ${firstLine(String(error))}`);
  }
}

// Behind the first line comes the text of the file, which may be a secret.
function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}
