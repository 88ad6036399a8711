import { type Filesystem, filesystemOf, mountAdvice } from '../system/filesystem.ts';

/** What is on a copy, and how to mount it. */
export interface CopyContents {
  readonly filesystem: Filesystem | null;
  /** Null if it must not be mounted, or there is no file system. */
  readonly mountOptions: readonly string[] | null;
  readonly warnings: readonly string[];
}

/** Looks at a copy: which file system is on it, and how it is mounted beside its original. */
export async function contentsOf(
  path: string,
  device: 'read-only' | 'writable',
  state: 'frozen' | 'synced' | 'unknown',
  signal?: AbortSignal | undefined,
): Promise<CopyContents> {
  const filesystem = await filesystemOf(path, signal);
  if (filesystem === null) return { filesystem, mountOptions: null, warnings: [] };
  const advice = mountAdvice(filesystem.type, device, state);
  const { type, uuid } = filesystem;
  const twin =
    uuid === null
      ? []
      : [
          `The ${type} on it has the same uuid as the original's, ${uuid}: mount it by its path, never by UUID= or LABEL=.`,
        ];
  return advice.kind === 'refused'
    ? { filesystem, mountOptions: null, warnings: [`${advice.message}.`] }
    : { filesystem, mountOptions: advice.options, warnings: [...twin, ...advice.warnings] };
}
