import type { StatusOf, TableOf, TargetName } from '../../lib/targets/index.ts';
import { raidAsLvs } from '../../lib/targets/raid-lvs.ts';

/**
 * What the vectors call our fields: an object with at least the keys that a vector of the kind can expect.
 */
type Names = Readonly<Record<string, unknown>>;

/** Our decoded fields in the vectors' names, per target and kind. A kind that is missing has no vector. */
export const vectorMapping: {
  readonly [N in TargetName]?: {
    readonly status?: (status: StatusOf<N>) => Names;
    readonly table?: (table: TableOf<N>) => Names;
  };
} = {
  linear: {
    status: () => ({}),
    table: (table) => ({ device: table.device, start: table.start }),
  },
  striped: {
    status: (status) => ({
      stripes: status.stripes.map(({ device, health }) => ({ device, health: stripeLetters[health] })),
    }),
  },
  mirror: {
    status: (status) => ({
      devices: status.legs.map(({ device, health }) => ({ device, health: mirrorLetters[health] })),
      syncedRegions: status.sync.used,
      totalRegions: status.sync.total,
      log: mirrorLog(status.log),
      ratioPercent: status.sync.percent,
    }),
    table: (table) => ({
      logType: table.logType,
      logArgs: table.logArguments,
      devices: table.legs,
      features: table.features,
    }),
  },
  raid: { status: raidStatus, table: raidTable },
  snapshot: { status: snapshotStatus, table: snapshotTable },
  'snapshot-merge': { status: snapshotStatus, table: snapshotTable },
  'thin-pool': { status: thinPoolStatus, table: fieldsOf },
  thin: { status: fieldsOf, table: fieldsOf },
  cache: { status: cacheStatus, table: cacheTable },
  writecache: {
    status: (status) => ({
      ...fieldsOf(status),
      totalBlocks: status.data.total,
      lvsDataPercent: status.data.percent,
    }),
    table: (table) => ({ ...fieldsOf(table), blockSize: table.blockBytes }),
  },
  crypt: { table: fieldsOf },
  integrity: {
    status: (status) => ({ ...fieldsOf(status), lvsCopyPercent: status.recalc?.percent ?? '' }),
    table: (table) => ({ ...fieldsOf(table), tagSize: table.tagBytes }),
  },
  verity: {
    status: (status) => ({ corrupted: status.corrupted, fecCorrected: status.fecCorrectedBlocks }),
    table: (table) => ({
      ...fieldsOf(table),
      dataBlockSize: table.dataBlockBytes,
      hashBlockSize: table.hashBlockBytes,
    }),
  },
  multipath: { status: multipathStatus, table: multipathTable },
  era: { status: eraStatus },
  clone: { status: cloneStatus },
  delay: { status: fieldsOf, table: fieldsOf },
  flakey: { table: fieldsOf },
  dust: {
    status: ({ device, mode, verbosity }) => ({
      device,
      failReads: mode === 'fail_read_on_bad_block',
      quiet: verbosity === 'quiet',
    }),
    table: (table) => ({ ...fieldsOf(table), blockSize: table.blockBytes }),
  },
  zero: { table: fieldsOf },
  error: { table: fieldsOf },
  unstriped: { table: (table) => ({ ...fieldsOf(table), stripes: table.stripeCount }) },
  'log-writes': { status: fieldsOf },
  zoned: { status: fieldsOf },
  vdo: {
    status: (status) => ({
      ...fieldsOf(status),
      compression: status.compression === 'online',
      usedBlocks: status.physical.used,
      totalBlocks: status.physical.total,
      usedPercent: status.physical.percent,
    }),
    table: (table) => ({ ...fieldsOf(table), minimumIoSize: table.minimumIoBytes }),
  },
};

/** A target whose vectors use our own names. */
function fieldsOf(decoded: object): Names {
  return { ...decoded };
}

const stripeLetters = { alive: 'A', error: 'D', unknown: '?' };

const mirrorLetters = {
  alive: 'A',
  'flush-failed': 'F',
  'write-failed': 'D',
  'sync-failed': 'S',
  'read-failed': 'R',
  unknown: 'U',
};
const logLetters = { alive: 'A', 'flush-failed': 'F', failed: 'D', unknown: '?' };

function mirrorLog(log: StatusOf<'mirror'>['log']): Names {
  switch (log.kind) {
    case 'core':
      return { type: log.type };
    case 'disk':
      return { type: log.type, device: log.device, health: logLetters[log.health] };
    case 'com-failure':
      return { type: log.type, args: ['COM_FAILURE'] };
    case 'other':
      return { type: log.type, args: log.arguments };
  }
}

function raidStatus(status: StatusOf<'raid'>): Names {
  const { deviceCount, letters, synced, total, syncAction, sync } = status;
  return {
    raidType: status.raidType,
    deviceCount,
    health: letters,
    synced,
    total,
    syncAction,
    mismatchCount: status.mismatchSectors,
    dataOffset: status.dataOffset,
    journal: journalLetters[status.journal ?? 'none'],
    hasJournalField: status.journal !== null,
    lvm: {
      devCount: deviceCount,
      health: raidAsLvs(deviceCount, letters, synced, total, syncAction).letters,
      synced: sync?.used,
      lvsPercent: sync?.percent,
    },
  };
}

const journalLetters = { none: null, 'write-through': 'A', 'write-back': 'a', dead: 'D', unknown: '?' };

function raidTable(table: TableOf<'raid'>): Names {
  const devices = table.devices.map(({ metadata, data }) => ({ meta: metadata, data }));
  return { ...table, devices };
}

function snapshotStatus(status: StatusOf<'snapshot' | 'snapshot-merge'>): Names {
  if (status.state !== 'ok') return { state: status.state.replace('-', '_') };
  return {
    state: status.state,
    usedSectors: status.fill.used,
    totalSectors: status.fill.total,
    metadataSectors: status.metadataSectors,
    lvsPercent: status.fill.percent,
  };
}

function snapshotTable(table: TableOf<'snapshot' | 'snapshot-merge'>): Names {
  return fieldsOf(table);
}

function thinPoolStatus(status: StatusOf<'thin-pool'>): Names {
  if (status.state !== 'ok') return { state: status.state };
  return {
    ...fieldsOf(status),
    usedMetadataBlocks: status.metadata.used,
    totalMetadataBlocks: status.metadata.total,
    usedDataBlocks: status.data.used,
    totalDataBlocks: status.data.total,
    heldMetadataRoot: status.heldRoot,
    discard: discardNames.get(status.discard),
    noSpace: status.noSpace?.replace('_if_no_space', '') ?? null,
    lvsDataPercent: status.data.percent,
    lvsMetadataPercent: status.metadata.percent,
  };
}

const discardNames = new Map([
  ['discard_passdown', 'passdown'],
  ['no_discard_passdown', 'no_passdown'],
  ['ignore_discard', 'ignore'],
]);

function cacheStatus(status: StatusOf<'cache'>): Names {
  if (status.state !== 'ok') return { state: status.state };
  return {
    ...fieldsOf(status),
    metadataBlockSize: status.metadataBlockSectors,
    usedMetadataBlocks: status.metadata.used,
    totalMetadataBlocks: status.metadata.total,
    cacheBlockSize: status.blockSectors,
    usedBlocks: status.data.used,
    totalBlocks: status.data.total,
    dirty: status.dirty.used,
    coreArgs: status.coreArguments,
    policyArgs: status.policyArguments,
    lvsDataPercent: status.data.percent,
    lvsMetadataPercent: status.metadata.percent,
    lvsCopyPercent: status.dirty.percent,
  };
}

function cacheTable(table: TableOf<'cache'>): Names {
  return { ...fieldsOf(table), policyArgs: table.policyArguments };
}

function multipathStatus(status: StatusOf<'multipath'>): Names {
  const groups = status.groups.map((group) => ({
    state: groupLetters[group.state],
    selectorStatus: group.selectorStatus,
    paths: group.paths.map((path) => ({
      device: path.device,
      active: path.state === 'active',
      failCount: path.failCount,
      selectorArgs: path.selectorArguments,
    })),
  }));
  return { ...fieldsOf(status), groups };
}

const groupLetters = { active: 'A', enabled: 'E', disabled: 'D', unknown: '?' };

function multipathTable(table: TableOf<'multipath'>): Names {
  const groups = table.groups.map((group) => ({
    selector: group.selector,
    selectorArgs: group.selectorArguments,
    paths: group.paths.map((path) => ({ device: path.device, args: path.arguments })),
  }));
  return { ...fieldsOf(table), groups };
}

function eraStatus(status: StatusOf<'era'>): Names {
  if (status.state !== 'ok') return { state: status.state };
  return {
    ...fieldsOf(status),
    metadataBlockSize: status.metadataBlockSectors,
    usedMetadataBlocks: status.metadata.used,
    totalMetadataBlocks: status.metadata.total,
    heldMetadataRoot: status.heldRoot,
  };
}

function cloneStatus(status: StatusOf<'clone'>): Names {
  if (status.state !== 'ok') return { state: status.state };
  return {
    ...fieldsOf(status),
    metadataBlockSize: status.metadataBlockSectors,
    usedMetadataBlocks: status.metadata.used,
    totalMetadataBlocks: status.metadata.total,
    regionSize: status.regionSectors,
    hydratedRegions: status.hydration.used,
    totalRegions: status.hydration.total,
    coreArgs: status.coreArguments,
  };
}
