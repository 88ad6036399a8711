/** A letter that this package does not know, of a newer lvm. */
export interface UnknownLetter {
  readonly unknown: string;
}

/** What `lv_attr` says: the ten letters of lvs(8), in their order. */
export interface LvAttributes {
  /** What the volume is; null for one that is nothing special, such as a linear volume. */
  readonly volumeType: (typeof volumeTypes)[keyof typeof volumeTypes] | UnknownLetter;
  /** `read-only-activation`: read-only although its metadata say otherwise. Null for a pvmove. */
  readonly permissions: (typeof permissions)[keyof typeof permissions] | UnknownLetter;
  /** How extents are chosen. */
  readonly allocationPolicy: AllocationPolicy | UnknownLetter;
  /** Locked against changes of its allocation, as during a pvmove. */
  readonly allocationLocked: boolean;
  /** Has a persistent minor number. */
  readonly fixedMinor: boolean | UnknownLetter;
  /** `unknown`: lvm could not ask device-mapper. */
  readonly state: (typeof states)[keyof typeof states] | UnknownLetter;
  /** Something has the device open; null if lvm could not ask device-mapper. */
  readonly open: boolean | null | UnknownLetter;
  /** Which kernel target it belongs to, as a part of it too; null for others such as linear and striped. */
  readonly targetType: (typeof targetTypes)[keyof typeof targetTypes] | UnknownLetter;
  /** New blocks of the thin pool or volume are zeroed before use. */
  readonly zero: boolean | UnknownLetter;
  /** What is wrong or special; null if lvm sees nothing, which is not yet health: see the kernel's status. */
  readonly health: (typeof healths)[keyof typeof healths] | UnknownLetter;
  /** Activation skips it. */
  readonly skipActivation: boolean | UnknownLetter;
}

/** What `vg_attr` says: the letters of vgs(8), in their order. */
export interface VgAttributes {
  readonly permissions: 'writeable' | 'read-only' | null | UnknownLetter;
  /** PVs may be added and removed. */
  readonly resizeable: boolean | UnknownLetter;
  readonly exported: boolean | UnknownLetter;
  /** The device of at least one PV is missing. */
  readonly partial: boolean | UnknownLetter;
  readonly allocationPolicy: AllocationPolicy | UnknownLetter;
  /** `clustered`: by clvmd; `shared`: by lvmlockd. */
  readonly sharing: 'clustered' | 'shared' | null | UnknownLetter;
  /** Persistent reservation that the VG requires: `started` or not (not before lvm 2.03.33). */
  readonly persistentReservation: 'started' | 'not-started' | null | UnknownLetter;
}

/** What `pv_attr` says: the three letters of pvs(8), in their order. */
export interface PvAttributes {
  /** `used`: of a VG but not for allocation; `duplicate`: another device with its uuid was chosen. */
  readonly use: 'duplicate' | 'allocatable' | 'used' | null | UnknownLetter;
  readonly exported: boolean | UnknownLetter;
  readonly missing: boolean | UnknownLetter;
}

/** How extents are chosen (lvm(8), ALLOCATION); null if there is no such letter. */
export type AllocationPolicy = (typeof policies)[keyof typeof policies];

/** Decodes `lv_attr`. Never throws; a letter that is missing says what `-` says. */
export function lvAttributes(attr: string): LvAttributes {
  const policy = letterOf(attr, 2);
  return {
    volumeType: meaning(attr, 0, volumeTypes),
    permissions: meaning(attr, 1, permissions),
    allocationPolicy: named(policy.toLowerCase(), policies),
    allocationLocked: policy !== policy.toLowerCase(),
    fixedMinor: meaning(attr, 3, { '-': false, m: true }),
    state: meaning(attr, 4, states),
    open: meaning(attr, 5, { '-': false, o: true, X: null }),
    targetType: meaning(attr, 6, targetTypes),
    zero: meaning(attr, 7, { '-': false, z: true }),
    health: meaning(attr, 8, healths),
    skipActivation: meaning(attr, 9, { '-': false, k: true }),
  };
}

/** Whether lvm could ask device-mapper when it wrote `lv_attr`: else the fifth letter is an `X`. */
export function isKernelKnown(attr: string): boolean {
  return letterOf(attr, 4) !== 'X';
}

/** Decodes `vg_attr`. Never throws. */
export function vgAttributes(attr: string): VgAttributes {
  return {
    permissions: meaning(attr, 0, { '-': null, w: 'writeable', r: 'read-only' } as const),
    resizeable: meaning(attr, 1, { '-': false, z: true }),
    exported: meaning(attr, 2, { '-': false, x: true }),
    partial: meaning(attr, 3, { '-': false, p: true }),
    allocationPolicy: meaning(attr, 4, policies),
    sharing: meaning(attr, 5, { '-': null, c: 'clustered', s: 'shared' } as const),
    persistentReservation: meaning(attr, 6, { '-': null, p: 'started', P: 'not-started' } as const),
  };
}

/** Decodes `pv_attr`. Never throws. */
export function pvAttributes(attr: string): PvAttributes {
  return {
    use: meaning(attr, 0, { '-': null, d: 'duplicate', a: 'allocatable', u: 'used' } as const),
    exported: meaning(attr, 1, { '-': false, x: true }),
    missing: meaning(attr, 2, { '-': false, m: true }),
  };
}

// lib/metadata/lv.c, lv_attr_dup_with_info_and_seg_status; `g` is not in lvs(8).
const volumeTypes = {
  '-': null,
  C: 'cache',
  m: 'mirrored',
  M: 'mirrored-without-initial-sync',
  o: 'origin',
  O: 'origin-with-merging-snapshot',
  g: 'integrity',
  r: 'raid',
  R: 'raid-without-initial-sync',
  s: 'snapshot',
  S: 'merging-snapshot',
  p: 'pvmove',
  v: 'virtual',
  i: 'image',
  I: 'image-out-of-sync',
  l: 'mirror-log',
  c: 'under-conversion',
  V: 'thin',
  t: 'thin-pool',
  T: 'thin-pool-data',
  d: 'vdo-pool',
  D: 'vdo-pool-data',
  e: 'metadata',
} as const;

const permissions = {
  '-': null,
  w: 'writeable',
  r: 'read-only',
  R: 'read-only-activation',
} as const;

// lib/display/display.c, _policies.
const policies = {
  '-': null,
  a: 'anywhere',
  c: 'contiguous',
  i: 'inherited',
  l: 'cling',
  t: 'cling-by-tags',
  n: 'normal',
} as const;

const states = {
  '-': 'inactive',
  a: 'active',
  h: 'historical',
  s: 'suspended',
  I: 'invalid-snapshot',
  S: 'suspended-invalid-snapshot',
  m: 'merge-failed',
  M: 'suspended-merge-failed',
  d: 'without-table',
  i: 'inactive-table',
  c: 'check-needed',
  C: 'suspended-check-needed',
  X: 'unknown',
} as const;

const targetTypes = {
  '-': null,
  C: 'cache',
  m: 'mirror',
  r: 'raid',
  s: 'snapshot',
  t: 'thin',
  u: 'unknown',
  v: 'virtual',
} as const;

const healths = {
  '-': null,
  p: 'partial',
  X: 'unknown',
  r: 'refresh-needed',
  m: 'mismatches-exist',
  w: 'writemostly',
  s: 'reshaping',
  R: 'remove-after-reshape',
  F: 'failed',
  D: 'out-of-data-space',
  M: 'metadata-read-only',
  E: 'error',
} as const;

function meaning<T>(attr: string, index: number, vocabulary: Readonly<Record<string, T>>): T | UnknownLetter {
  return named(letterOf(attr, index), vocabulary);
}

function named<T>(letter: string, vocabulary: Readonly<Record<string, T>>): T | UnknownLetter {
  const found = vocabulary[letter];
  return found === undefined ? { unknown: letter } : found;
}

function letterOf(attr: string, index: number): string {
  return attr.charAt(index) || '-';
}
