import { askBlkid, type BlkidValues } from './blkid.ts';

/** The file system on a device, as blkid(8) finds it. */
export interface Filesystem {
  /** Such as `ext4`. */
  readonly type: string;
  readonly uuid: string | null;
  readonly label: string | null;
}

/**
 * Reads which file system is on a device; `null` if there is none (nothing known, swap, LUKS, a disk of LVM...). Asks
 * blkid(8) of util-linux, past its cache. Rejects with an Error if that is missing, fails or finds several, and with that
 * of open(2) or read(2) if the path cannot be read.
 */
export async function filesystemOf(path: string, signal?: AbortSignal): Promise<Filesystem | null> {
  const found = await askBlkid(path, signal);
  if (found === 'several')
    throw new Error(`the file system on ${path} cannot be told: blkid finds several things there`);
  return found === null ? null : filesystemIn(found);
}

/** The file system of which blkid tells; `null` if it is something else. Pure. */
export function filesystemIn(found: BlkidValues): Filesystem | null {
  const type = found.get('TYPE');
  if (type === undefined || found.get('USAGE') !== 'filesystem') return null;
  return { type, uuid: found.get('UUID') ?? null, label: found.get('LABEL') ?? null };
}

/** How to mount a copy of a file system beside its original, read-only. */
export type MountAdvice =
  | {
      readonly kind: 'options';
      /** For `mount -o`. */
      readonly options: readonly string[];
      /** What its reader has to know, in sentences; none if all is well. */
      readonly warnings: readonly string[];
    }
  | { readonly kind: 'refused'; readonly message: string };

/**
 * How to mount a copy of a file system while its original may be mounted: of which type, whether the copy's device is
 * read-only in the kernel, and how the original was when the copy was made. ext4(5), xfs(5), btrfs(5). Throws nothing.
 */
export function mountAdvice(
  type: string,
  device: 'read-only' | 'writable',
  state: 'frozen' | 'synced' | 'unknown',
): MountAdvice {
  if (type === 'btrfs') return { kind: 'refused', message: twoOfOneBtrfs };
  const { always, unreplayed } = families.get(type) ?? { always: [], unreplayed: null };
  // Even a mount with ro writes to the device where there is a journal to replay, and fails where it cannot.
  const replays = unreplayed !== null && device === 'writable';
  const skip = unreplayed !== null && !replays ? [unreplayed] : [];
  const warnings = [
    ...(replays && (type === 'xfs' || state !== 'frozen')
      ? [`To mount it replays the ${type} journal, which writes to the device.`]
      : []),
    ...(replays || state === 'frozen' ? [] : [unclean(state, unreplayed !== null)]),
  ];
  return { kind: 'options', options: ['ro', ...always, ...skip], warnings };
}

interface Family {
  readonly always: readonly string[];
  /** The option that leaves the journal alone; `null` without a journal. */
  readonly unreplayed: string | null;
}

// xfs refuses a second file system of one uuid without nouuid. ext4 refuses noload for an ext2 ("Mount option(s)
// incompatible with ext2", fs/ext4/super.c), which has no journal.
const families: ReadonlyMap<string, Family> = new Map([
  ['ext3', { always: [], unreplayed: 'noload' }],
  ['ext4', { always: [], unreplayed: 'noload' }],
  ['xfs', { always: ['nouuid'], unreplayed: 'norecovery' }],
]);

const twoOfOneBtrfs =
  'a copy of a btrfs must not be mounted beside its original: the kernel tells them apart by their uuid only, which is ' +
  'the same, and could write to the wrong one; unmount the original first, or give a writable copy a uuid of its own ' +
  '(btrfstune -u)';

function unclean(state: 'synced' | 'unknown', journal: boolean): string {
  const replay = journal ? ', and its journal is not replayed' : '';
  return state === 'synced'
    ? `It was flushed but not frozen when it was copied${replay}: what was being written then can be missing or half done.`
    : `It is as after a power cut${replay}: files can be missing or half written.`;
}
