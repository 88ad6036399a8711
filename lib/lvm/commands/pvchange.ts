import type { PvRow } from '../columns/pv.ts';
import { type After, type Before, type Operation, operation, type Question } from '../operation.ts';
import {
  type AtLeastOne,
  flag,
  type OptionsOf,
  type OptionTable,
  option,
  requireBoolean,
  tags,
  yesNo,
} from '../option.ts';
import { devices } from '../subject.ts';
import { requireSome } from './lvchange-common.ts';
import { metadataOptions } from './pv-options.ts';
import { type DevicesFound, deviceRow, devicesFound } from './pv-rows.ts';
import { hasTags, lacksTags } from './tag-check.ts';

const ownOptions = {
  /** Whether extents may be allocated on them (`--allocatable`). */
  allocatable: yesNo('--allocatable'),
  /** Tags that they get; only in a group (`--addtag`). */
  addTags: tags('--addtag'),
  /** Tags that they lose (`--deltag`). */
  deleteTags: tags('--deltag'),
  /** Whether their metadata areas are left unused (`--metadataignore`). */
  metadataIgnore: yesNo('--metadataignore'),
  /** Gives them new random uuids; their group must be inactive (`--uuid`). */
  newUuid: flag('--uuid'),
  /** Leave to change how many copies of its metadata the group is to keep (`--force`, as `--yes` does not answer it). */
  allowOtherCopies: option<boolean>(
    '--force',
    'consent: the number of metadata copies that the group is to keep changes',
    (value, key) => (requireBoolean(key, value) ? ['--force'] : []),
  ),
} as const satisfies OptionTable;

const options: typeof metadataOptions & typeof ownOptions = { ...metadataOptions, ...ownOptions };

const changing = ['allocatable', 'addTags', 'deleteTags', 'metadataIgnore', 'newUuid'] as const;

/** Options of `lvm.pvchange`. */
export interface PvchangeOptions extends OptionsOf<typeof options> {}

/** Changes what physical volumes are used for, and their tags (pvchange(8)). */
export const pvchange: Operation<
  string | readonly string[],
  AtLeastOne<PvchangeOptions, (typeof changing)[number]>,
  DevicesFound
> = operation({
  command: 'pvchange',
  fixed: [],
  summary: 'Changes attributes of physical volumes.',
  subject: devices,
  options,
  looks: 'everything',
  arrange: (place, { newUuid, ...given }) => (newUuid === true ? place : requireSome(changing)(place, given)),
  satisfiedBy: ['unchanged'],
  asks,
  verify,
  result: devicesFound,
});

type Options = OptionsOf<typeof options>;

// tools/pvchange.c.
function asks({ place, options: given, before }: Before<Options>): readonly Question[] {
  if (given.metadataIgnore === undefined) return [];
  const managed = before.groups.find(
    ({ vg, pvs }) =>
      vg.mdaCopies !== 'unmanaged' &&
      place.devices.some((path) => pvs.some(({ uuid }) => uuid === deviceRow(before, path)?.uuid)),
  );
  if (managed === undefined) return [];
  return [
    {
      consent: 'allowOtherCopies',
      granted: given.allowOtherCopies === true,
      certain: true,
      text: `${managed.vg.name} is to keep ${managed.vg.mdaCopies} copies of its metadata, which this would change; set allowOtherCopies to true, or vgchange its vgMetadataCopies first`,
    },
  ];
}

function verify({ place, options: given, before, after }: After<Options>): string | null {
  for (const path of place.devices) {
    const row = deviceRow(after, path);
    const problem = row === undefined ? null : difference(given, row, deviceRow(before, path));
    if (problem !== null) return `${path} ${problem}`;
  }
  return null;
}

function difference(given: Options, row: PvRow, old: PvRow | undefined): string | null {
  const { allocatable, metadataIgnore, newUuid } = given;
  if (allocatable !== undefined && row.allocatable !== allocatable)
    return allocatable ? 'is not allocatable' : 'is allocatable';
  if (metadataIgnore === true && (row.mdaUsedCount ?? 0) > 0) return 'has metadata areas in use';
  if (metadataIgnore === false && row.mdaUsedCount !== row.mdaCount) return 'has unused metadata areas';
  if (newUuid === true && row.uuid === old?.uuid) return 'has the uuid that it had';
  return hasTags(row.tags, given.addTags) ?? lacksTags(row.tags, given.deleteTags, given.addTags);
}
