import { mergeRatio } from '../monitor/progress.ts';
import type { WatchedDevice } from '../monitor/types.ts';
import type { Status } from '../targets/index.ts';
import type { SnapshotStatus } from '../targets/snapshot-status.ts';
import { type Count, minus } from '../units.ts';

/** What a device is moving towards, and how far it has come, in sectors of 512 bytes of its data or of its store. */
export interface Course {
  readonly kind: 'sync' | 'merge' | 'hydration' | 'fill' | 'metadata';
  readonly done: number;
  readonly total: number;
}

/** What a device is moving towards, first what its bar shows; empty if its status tells of nothing that could move. */
export function coursesOf({ segments }: Pick<WatchedDevice, 'segments'>): readonly Course[] {
  const [only] = segments;
  if (only !== undefined && segments.length === 1) return coursesOfSegment(only.status, only.length);
  const courses = segments.flatMap(({ status, length }) => coursesOfSegment(status, length));
  return kinds.flatMap((kind) => {
    const counted = courses.filter((each) => each.kind === kind);
    if (counted.length === 0) return [];
    const done = counted.reduce((sum, each) => sum + each.done, 0);
    return [{ kind, done, total: counted.reduce((sum, { total }) => sum + total, 0) }];
  });
}

// Of several segments those come first that will end by themselves.
const kinds: readonly Course['kind'][] = ['sync', 'merge', 'hydration', 'fill', 'metadata'];

function coursesOfSegment(status: Status, length: number): readonly Course[] {
  switch (status.type) {
    case 'mirror':
      // The kernel's regions, which move more finely than the extents that lvs shows.
      return course('sync', share(status.sync.used, status.sync.total) * length, length);
    case 'raid':
      return status.progress === null ? [] : course('sync', status.progress.ratio * length, length);
    case 'snapshot-merge':
      return merge(status);
    case 'clone':
      if (status.state !== 'ok') return [];
      return course('hydration', status.hydration.ratio * length, length);
    case 'snapshot':
      if (status.state !== 'ok') return [];
      return course('fill', Number(status.fill.used), Number(status.fill.total));
    case 'thin-pool':
      if (status.state !== 'ok') return [];
      return [
        { kind: 'fill', done: status.data.ratio * length, total: length },
        {
          kind: 'metadata',
          done: Number(status.metadata.used) * metadataBlockSectors,
          total: Number(status.metadata.total) * metadataBlockSectors,
        },
      ];
    default:
      return [];
  }
}

// dm-thin-metadata.h, THIN_METADATA_BLOCK_SIZE: 4 KiB.
const metadataBlockSectors = 8;

function course(kind: Course['kind'], done: number, total: number): readonly Course[] {
  return kind !== 'fill' && done >= total ? [] : [{ kind, done, total }];
}

function share(used: Count, total: Count): number {
  return Number(total) === 0 ? 1 : Number(used) / Number(total);
}

// How full the store was at the start the kernel does not tell, so this begins above 0.
function merge(status: SnapshotStatus): readonly Course[] {
  const ratio = mergeRatio(status);
  if (ratio === undefined || status.state !== 'ok') return [];
  const room = Number(minus(status.fill.total, status.metadataSectors ?? 0));
  return course('merge', ratio * room, room);
}
