import { invalidType, requireOnly } from '../../arguments.ts';
import { requireDevice, requireGroup, requireUuid, requireVolume } from '../../lvm/names.ts';
import { requireBoolean, requireList } from '../../lvm/option.ts';
import { type WorkflowOptions, workflowKeys } from '../tools.ts';

/** Options of {@link replaceFailedDevice}. */
export interface ReplaceOptions extends WorkflowOptions {
  /** The volume group. */
  readonly vg: string;
  /**
   * Path or PV uuid of a disk that has failed. All that are missing, or that the kernel has had errors of, are replaced in
   * any case: this adds one, and restricts nothing. One that is well is refused, and a path where no device is if nothing
   * else has failed.
   */
  readonly failed?: string | undefined;
  /**
   * Paths of the disks that take what was lost, in the group already or not. Default `free`: the free space of the
   * group's other disks.
   */
  readonly with?: string | readonly string[] | undefined;
  /** Leave to destroy the volumes that do not survive, each as `vg/lv`: just those, as the plan names them. */
  readonly allowDestroy?: readonly string[] | undefined;
  /**
   * Whether volumes that do not survive are left as they are, with the disk in the group, while all others are repaired;
   * default false: without leave to destroy them nothing is done.
   */
  readonly keepLost?: boolean | undefined;
  /**
   * Leave to wipe what is on the new disks; default false. One with partitions, or of an md array, is refused even so, as
   * lvm does not take it.
   */
  readonly wipeSignatures?: boolean | undefined;
  /** Whether to wait until all is in sync; default true. */
  readonly wait?: boolean | undefined;
}

/** The same, checked, with the defaults. */
export interface CheckedReplace {
  readonly vg: string;
  readonly failed: string | undefined;
  readonly spares: readonly string[] | 'free';
  readonly allowDestroy: readonly string[];
  readonly keepLost: boolean;
  readonly wipeSignatures: boolean;
  readonly wait: boolean;
}

/** Checks them. Throws a TypeError, an LvmNameError for a name that LVM would not take, or a RangeError. */
export function checkReplace(options: ReplaceOptions): CheckedReplace {
  requireOnly(options, [
    ...['vg', 'failed', 'with', 'allowDestroy', 'keepLost', 'wipeSignatures', 'wait'],
    ...workflowKeys,
  ]);
  const { failed, with: given = 'free', allowDestroy = [], keepLost = false } = options;
  const vg = requireGroup('vg', options.vg);
  if (!Array.isArray(allowDestroy))
    throw invalidType('allowDestroy', 'a list of volumes as vg/lv', allowDestroy);
  for (const [index, name] of allowDestroy.entries()) requireVolume(`allowDestroy[${index}]`, name);
  const devices = given === 'free' || typeof given !== 'string' ? given : [given];
  return {
    vg,
    failed: failed === undefined ? undefined : diskName('failed', failed),
    spares:
      devices === 'free'
        ? 'free'
        : [
            ...new Set(
              requireList('with', devices).map((path, index) => requireDevice(`with[${index}]`, path)),
            ),
          ],
    allowDestroy,
    keepLost: requireBoolean('keepLost', keepLost),
    wipeSignatures: requireBoolean('wipeSignatures', options.wipeSignatures ?? false),
    wait: requireBoolean('wait', options.wait ?? true),
  };
}

function diskName(name: string, value: unknown): string {
  return typeof value === 'string' && value.startsWith('/')
    ? requireDevice(name, value)
    : requireUuid(name, value);
}
