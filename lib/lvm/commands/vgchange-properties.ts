import type { VgRow } from '../columns/vg.ts';
import { type After, type Operation, operation } from '../operation.ts';
import {
  type AtLeastOne,
  bytes,
  flag,
  integer,
  type OptionsOf,
  type OptionTable,
  tags,
  yesNo,
} from '../option.ts';
import { toSectorBytes } from '../sizes.ts';
import { groupOf } from '../state.ts';
import { groups } from '../subject.ts';
import { profileName } from './common-options.ts';
import { requireSome } from './lvchange-common.ts';
import { groupAlloc, groupMetadataCopies, metadataOptions } from './pv-options.ts';
import { hasTags, lacksTags } from './tag-check.ts';
import { type GroupsResult, groupsResult } from './vgexport.ts';

const ownOptions = {
  /** Tags that it gets (`--addtag`). */
  addTags: tags('--addtag'),
  /** Tags that it loses (`--deltag`). */
  deleteTags: tags('--deltag'),
  /** How extents are chosen (`--alloc`). */
  alloc: groupAlloc,
  /** Most volumes it may have; 0: any number (`--logicalvolume`). */
  maxLogicalVolumes: integer('--logicalvolume', 0, 0xffff_ffff),
  /** Most devices it may have; 0: any number (`--maxphysicalvolumes`). */
  maxPhysicalVolumes: integer('--maxphysicalvolumes', 0, 0xffff_ffff),
  /** Bytes of an extent, of which all that is there must be a multiple (`--physicalextentsize`). */
  extentSize: bytes('--physicalextentsize'),
  /** Whether devices may be added and taken out (`--resizeable`). */
  resizeable: yesNo('--resizeable'),
  /** Whether its volumes are activated at boot and by other automatisms (`--setautoactivation`). */
  autoactivation: yesNo('--setautoactivation'),
  /** How many copies of its metadata are kept (`--vgmetadatacopies`). */
  vgMetadataCopies: groupMetadataCopies,
  /** Gives it a new random uuid; its volumes must be inactive (`--uuid`). */
  newUuid: flag('--uuid'),
  /** Name of a metadata profile below /etc/lvm/profile (`--metadataprofile`). */
  metadataProfile: profileName,
  /** Takes the metadata profile away (`--detachprofile`). */
  detachProfile: flag('--detachprofile'),
} as const satisfies OptionTable;

const options: typeof metadataOptions & typeof ownOptions = { ...metadataOptions, ...ownOptions };

type Options = OptionsOf<typeof options>;

const changing = Object.keys(ownOptions);

/** Options of `lvm.vgchange.change`. */
export interface VgchangeChangeOptions extends OptionsOf<typeof options> {}

/** Changes attributes of groups. */
export const change: Operation<
  string | readonly string[],
  AtLeastOne<VgchangeChangeOptions, keyof typeof ownOptions>,
  GroupsResult
> = operation({
  command: 'vgchange',
  fixed: [],
  summary: 'Changes attributes of volume groups.',
  subject: groups,
  options,
  arrange: (place, { newUuid, detachProfile, ...given }) =>
    newUuid === true || detachProfile === true ? place : requireSome(changing)(place, given),
  satisfiedBy: ['unchanged'],
  verify,
  result: groupsResult,
});

function verify({ place, options: given, before, after }: After<Options>): string | null {
  for (const name of place.groups) {
    const vg = groupOf(after, name)?.vg;
    if (vg === undefined) return `there is no group ${name}`;
    const problem = difference(given, vg, groupOf(before, name)?.vg);
    if (problem !== null) return `${name} ${problem}`;
  }
  return null;
}

function difference(given: Options, vg: VgRow, old: VgRow | undefined): string | null {
  const copies = given.vgMetadataCopies;
  const differs: readonly (readonly [boolean, string])[] = [
    [given.alloc !== undefined && vg.allocationPolicy !== given.alloc, `allocates ${vg.allocationPolicy}`],
    [isOther(given.maxLogicalVolumes, vg.maxLv), `may have ${vg.maxLv} volumes`],
    [isOther(given.maxPhysicalVolumes, vg.maxPv), `may have ${vg.maxPv} devices`],
    [
      given.extentSize !== undefined && vg.extentSize !== toSectorBytes('extentSize', given.extentSize),
      `has extents of ${vg.extentSize} bytes`,
    ],
    [isOther(given.resizeable, vg.extendable), `is ${given.resizeable === true ? 'not ' : ''}resizeable`],
    [isOther(given.autoactivation, vg.autoactivation), 'is activated automatically as before'],
    // lib/metadata/metadata.c, _vg_adjust_ignored_mdas: all are taken into use, and then left as they are.
    [
      isOther(copies === 0 || copies === 'all' ? 'unmanaged' : copies, vg.mdaCopies),
      `keeps ${vg.mdaCopies} copies`,
    ],
    [given.newUuid === true && vg.uuid === old?.uuid, 'has the uuid that it had'],
    [isOther(given.metadataProfile, vg.profile), `has the profile ${vg.profile}`],
    [given.detachProfile === true && vg.profile !== null, `has the profile ${vg.profile}`],
  ];
  const [, found] = differs.find(([is]) => is) ?? [];
  return found ?? hasTags(vg.tags, given.addTags) ?? lacksTags(vg.tags, given.deleteTags, given.addTags);
}

function isOther(wanted: unknown, found: unknown): boolean {
  return wanted !== undefined && wanted !== found;
}
