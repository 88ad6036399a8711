import type { ConfigTree } from '../../lvm/commands/lvmconfig-tree.ts';
import type { Tools } from '../tools.ts';

/** Where lvm writes by its settings as they are now. Rejects as lvmconfig(8) does. */
export async function pathsOfLvm({ lvm }: Tools): Promise<readonly string[]> {
  return writtenPaths((await lvm.lvmconfig({ typeConfig: 'full' })).tree);
}

/** Where lvm writes by its settings: metadata archive and backup, locks, log. Throws nothing. */
export function writtenPaths(tree: ConfigTree): readonly string[] {
  const names = [
    ['backup', 'archive_dir'],
    ['backup', 'backup_dir'],
    ['global', 'locking_dir'],
    ['log', 'file'],
  ] as const;
  return names.flatMap(([section, name]) => {
    const settings = tree[section];
    const path =
      settings instanceof Object && !Array.isArray(settings) ? (settings as ConfigTree)[name] : null;
    return typeof path === 'string' && path.startsWith('/') ? [path] : [];
  });
}
