import { type Fields, quote } from '../fields.ts';
import { type Usage, usage } from '../units.ts';
import { blocksToBytes, type Metric, metricsOf, stateOf } from './metric.ts';
import { defineTarget, type Summary, warningRatio } from './target.ts';
import { pairs, phrase } from './words.ts';

const { gauge, stateset } = metricsOf<VdoStatus, object>();

// drivers/md/dm-vdo/constants.h, VDO_BLOCK_SIZE.
const blockBytes = 4096;

const metrics: readonly Metric<VdoStatus, object>[] = [
  gauge('dm_vdo_used_bytes', 'Physical space in use, the overhead included.', ({ physical }) =>
    blocksToBytes(physical.used, blockBytes),
  ),
  gauge('dm_vdo_size_bytes', 'Physical space.', ({ physical }) => blocksToBytes(physical.total, blockBytes)),
  stateset(
    'dm_vdo_mode',
    'read_only: an error that it did not survive; nothing can be written.',
    ['normal', 'recovering', 'read_only'],
    ({ mode }) => stateOf(mode),
  ),
  gauge('dm_vdo_recovering', 'Whether a recovery runs in the background.', ({ recovering }) => recovering),
  stateset(
    'dm_vdo_index_state',
    'State of the deduplication index.',
    ['closed', 'closing', 'error', 'offline', 'online', 'opening', 'suspended', 'unknown'],
    ({ indexState }) => indexState,
  ),
  gauge(
    'dm_vdo_compression_online',
    'Whether new data is compressed.',
    ({ compression }) => compression === 'online',
  ),
];

/**
 * Deduplication and compression (`drivers/md/dm-vdo/dm-vdo-target.c`, vdo_status); LVM's is the device
 * whose uuid ends in `-vpool`. It sends no events. As lvm2 does, a status with a word that is not known is
 * not understood.
 */
export const vdo = defineTarget({
  name: 'vdo',
  status: readStatus,
  table: readTable,
  summary: summarize,
  live: () => true,
  metrics,
});

/** The status of a VDO pool. */
export interface VdoStatus {
  /** The device below as a path, such as `/dev/dm-3`. */
  readonly device: string;
  /** `read-only`: an error that it did not survive; nothing can be written. */
  readonly mode: keyof typeof modes;
  /** A recovery runs in the background. */
  readonly recovering: boolean;
  /** The state of the deduplication index. */
  readonly indexState: keyof typeof indexStates;
  /** Whether new data is compressed. */
  readonly compression: keyof typeof onOrOff;
  /** Physical blocks of 4096 bytes, the overhead included. */
  readonly physical: Usage;
}

const modes = { normal: 'normal', recovering: 'recovering', 'read-only': 'read-only' } as const;
const onOrOff = { online: 'online', offline: 'offline' } as const;
const indexStates = {
  closed: 'closed',
  closing: 'closing',
  error: 'error',
  offline: 'offline',
  online: 'online',
  opening: 'opening',
  suspended: 'suspended',
  unknown: 'unknown',
} as const;

function readStatus(fields: Fields): VdoStatus {
  const device = fields.word('device');
  const mode = fields.oneOf<VdoStatus['mode']>('mode', modes);
  const recovering = fields.oneOf('recovery', { recovering: true, '-': false });
  const indexState = fields.oneOf<VdoStatus['indexState']>('index state', indexStates);
  const compression = fields.oneOf<VdoStatus['compression']>('compression', onOrOff);
  const used = fields.count('used blocks');
  const total = fields.count('total blocks');
  if (fields.left() > 0) fields.fail(`${fields.left()} words are left over`);
  return { device, mode, recovering, indexState, compression, physical: usage(used, total) };
}

function readTable(fields: Fields) {
  const version = fields.word('version');
  if (version !== 'V4') fields.fail(`version is ${quote(version)}: only V4 is understood`);
  return {
    /** `V4`. */
    version,
    /** The device below, in the loader's own words. */
    storageDevice: fields.word('storage device'),
    /** Its blocks, of 4096 bytes. */
    storageBlocks: fields.count('storage blocks'),
    /** The smallest I/O taken, in bytes: 512 or 4096. */
    minimumIoBytes: fields.count('minimum I/O size'),
    /** Blocks of 4096 bytes that the cache of the block map has. */
    blockMapCacheBlocks: fields.count('block map cache size'),
    /** How soon dirty pages of the block map are written. */
    blockMapEraLength: fields.count('block map era length'),
    /** The loader's own keys and values. */
    options: pairs(fields.rest()),
  };
}

function summarize({ indexState, mode, physical, recovering }: VdoStatus): Summary {
  const bar = { ratio: physical.ratio, percent: physical.percent };
  if (mode === 'read-only') return { health: 'failed', text: 'read-only', bar };
  const wrong = phrase(
    physical.ratio >= warningRatio ? 'nearly full' : '',
    indexState === 'error' ? 'index error' : '',
  );
  const busy = mode === 'recovering' || recovering ? 'recovering' : '';
  if (wrong !== '') return { health: 'warning', text: phrase(wrong, busy), bar };
  return { health: busy === '' ? 'ok' : 'busy', text: busy, bar };
}
