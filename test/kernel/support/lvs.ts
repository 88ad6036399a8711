import { run } from './lab.ts';

/** What `lvs` shows in these fields of the volume `vg/lv`, as text, hidden volumes included. */
export async function lvs(volume: string, fields: readonly string[]): Promise<readonly string[]> {
  const [row, ...more] = await lvsRows(volume, fields);
  if (row === undefined || more.length > 0) throw new Error(`lvs shows ${more.length} volumes as ${volume}`);
  return row;
}

/** The same for all volumes that an argument of `lvs` selects, such as a volume group. */
export async function lvsRows(
  what: string,
  fields: readonly string[],
  options: readonly string[] = ['--all'],
): Promise<readonly (readonly string[])[]> {
  const { stdout } = await run('lvs', [
    ...options,
    '--reportformat',
    'json',
    '--options',
    fields.join(','),
    what,
  ]);
  const { report } = JSON.parse(stdout) as {
    readonly report: readonly { readonly lv: readonly Readonly<Record<string, string>>[] }[];
  };
  return report.flatMap(({ lv }) => lv.map((row) => fields.map((field) => row[field] ?? '')));
}
