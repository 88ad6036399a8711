/** What a reason means, and what to do about it. */
export interface ReasonText {
  /** One sentence: what is the case. */
  readonly meaning: string;
  /** What to do next, in one or two sentences. */
  readonly next: string;
}

const table = {
  'not-found': {
    meaning: 'There is no such volume, group, physical volume or device; `object.type` tells which.',
    next: 'Check the name; lvs, vgs and pvs list what there is, and a device may be hidden by a filter.',
  },
  'not-in-group': {
    meaning: 'The device is no physical volume of this group, or none that this volume is on.',
    next: 'Name a physical volume of the group, or add the device with vgextend first.',
  },
  exists: {
    meaning: 'A volume, group or uuid of this name exists already, or a file of that name below /dev.',
    next: 'Choose another name, or remove or rename the other one first.',
  },
  'not-enough-space': {
    meaning: 'Too few free extents, or none where this layout could use them; `space` has the numbers.',
    next: 'Add a physical volume with vgextend, ask for less, or name other devices.',
  },
  'not-enough-devices': {
    meaning: 'The layout needs more physical volumes with free extents than there are.',
    next: 'Add physical volumes with vgextend, or ask for fewer stripes or images.',
  },
  'in-use': {
    meaning: 'The volume is open, another device is made of it, or the physical volume holds extents.',
    next: 'Close what uses it (lsof, "dmsetup ls --tree"); move the extents of a physical volume with pvmove.',
  },
  mounted: {
    meaning: 'A file system on the volume is mounted.',
    next: 'Unmount it first; it may be mounted in another mount namespace, see /proc/*/mountinfo.',
  },
  active: {
    meaning: 'The volume, or one of the group, is active and must not be.',
    next: 'Deactivate it first (lvchange -an, vgchange -an).',
  },
  'not-active': {
    meaning: 'The volume is inactive and must not be.',
    next: 'Activate it first (lvchange -ay).',
  },
  busy: {
    meaning: 'The device is open elsewhere: mounted, swap, or part of another mapping or array.',
    next: 'Release it first: unmount it, or remove the mapping that holds it (see /sys/class/block/*/holders).',
  },
  locked: {
    meaning: 'Another lvm command, or another host, holds the lock.',
    next: 'Try again when it has ended; the holder is in /proc/locks.',
  },
  'lock-failed': {
    meaning: 'The lock could not be taken for another reason than that it is held.',
    next: 'Check that the lock directory (/run/lock/lvm) exists and can be written.',
  },
  'volume-locked': {
    meaning: 'The volume is being moved or converted, and locked until that ends.',
    next: 'Wait for pvmove or the conversion to end, or end it (pvmove --abort).',
  },
  'no-permission': {
    meaning: 'The process may not do this.',
    next: 'Run as root with CAP_SYS_ADMIN in the initial user namespace.',
  },
  'no-device-mapper': {
    meaning: 'The kernel offers no device-mapper, or not the control device.',
    next: 'Run "modprobe dm-mod"; in a container, ask the host for /dev/mapper/control.',
  },
  'module-missing': {
    meaning: 'The kernel has no device-mapper target of this type.',
    next: 'Load or install the kernel module of that target (modprobe dm-...), or choose another type.',
  },
  'missing-device': {
    meaning: 'A physical volume of the group is missing, and the command refuses to work without it.',
    next: 'Bring the device back (vgextend --restoremissing), or repair what was on it and use vgreduce --removemissing.',
  },
  'duplicate-device': {
    meaning: 'The same physical volume appears on more than one device.',
    next: 'Hide the copy with a filter or the devices file, or make it a group of its own with vgimportclone.',
  },
  'device-excluded': {
    meaning: 'lvm does not use the device: a filter, the devices file, or what the device is, forbids it.',
    next: 'Allow it in devices/filter or the devices file, or name the device that is made of it.',
  },
  'device-too-small': {
    meaning: 'The device is smaller than lvm takes.',
    next: 'Use a larger device, or lower devices/pv_min_size.',
  },
  'device-in-group': {
    meaning: 'The device is a physical volume of a group already.',
    next: 'Take it out of that group first (vgreduce), or remove that group.',
  },
  'device-node': {
    meaning:
      'The device could not be made or was not found in /dev: udev is not at work, or the name is taken.',
    next: 'Check that udevd runs or switch udev_sync off, and look for the name in /dev and in "dmsetup ls".',
  },
  'has-signature': {
    meaning: 'There is a signature of other data on the device, and it was not wiped.',
    next: 'Check what the data is; then allow wiping, or wipe it with wipefs.',
  },
  'not-in-sync': {
    meaning: 'The mirror or array is not in sync, and the command needs it to be.',
    next: 'Wait until the synchronisation is complete, then try again.',
  },
  'tracking-split': {
    meaning: 'An image is split off with tracked changes, and the volume can do this only with it back.',
    next: 'Merge the image back first (lvconvert --mergemirrors).',
  },
  'not-tracked': {
    meaning: 'The volume was not split off with --trackchanges, so it cannot be merged back.',
    next: 'Merge only images that were split with tracked changes.',
  },
  'image-count-invalid': {
    meaning: 'The volume does not have, or must not lose or get, that many images.',
    next: 'Ask for a number of images that leaves at least one, and name devices that hold one.',
  },
  'snapshot-invalid': {
    meaning: 'The snapshot overflowed: what it held is lost.',
    next: 'Unmount and remove it (lvremove), and take a larger one.',
  },
  merging: {
    meaning: 'A snapshot is being merged into its origin, or will be as soon as it can.',
    next: 'Wait until the merge has ended; a delayed one starts at the next activation of the origin.',
  },
  frozen: {
    meaning: 'The volume could not be suspended, because its file system is frozen.',
    next: 'Thaw it (fsfreeze -u) and do not freeze it for this; then look for what was left behind.',
  },
  'pool-full': {
    meaning: 'The thin pool is out of space for data or metadata, or beyond its threshold.',
    next: 'Extend the pool (lvextend, with --poolmetadatasize for the metadata), or remove volumes.',
  },
  'pool-needs-check': {
    meaning: 'The metadata of the pool did not pass its check, so it is not activated.',
    next: 'Deactivate the pool and repair it (lvconvert --repair).',
  },
  'metadata-full': {
    meaning: 'The description of the group no longer fits into the metadata area.',
    next: 'Remove volumes, tags or segments, or move to physical volumes with a larger metadata area.',
  },
  'metadata-invalid': {
    meaning: 'The description of a group could not be read.',
    next: 'Check the devices with pvck and vgck; vgcfgrestore brings back a saved description.',
  },
  exported: {
    meaning: 'The group is exported.',
    next: 'Import it first (vgimport).',
  },
  foreign: {
    meaning: 'The group belongs to another host, by its system ID.',
    next: 'Use it on that host, or take it over (vgchange --systemid) if that host no longer does.',
  },
  'lockd-required': {
    meaning: 'The group is shared, or is to be, and lvmlockd does not serve it here.',
    next: 'Start lvmlockd and the lockspace (vgchange --lockstart), or use the group without a lock type.',
  },
  'limit-reached': {
    meaning: 'The group may not have more volumes or physical volumes.',
    next: 'Raise the limit with vgchange (--logicalvolume, --maxphysicalvolumes).',
  },
  'not-resizeable': {
    meaning: 'The group is marked as not resizeable.',
    next: 'Allow it with vgchange --resizeable y.',
  },
  'name-invalid': {
    meaning: 'The name or tag is not one that lvm takes here.',
    next: 'Use letters, digits and "_", ".", "+", "-", not "-" at the start, and fewer than 128 characters with the group.',
  },
  'name-reserved': {
    meaning: 'lvm keeps names of this kind for itself.',
    next: 'Choose another name.',
  },
  'size-invalid': {
    meaning: 'The size is not one that lvm takes here.',
    next: 'Give a size above zero in whole sectors of 512 bytes, within what this option allows.',
  },
  'size-direction': {
    meaning:
      'The new size is not larger, or not smaller, than the present one, as this command needs it to be.',
    next: 'Use lvextend to enlarge and lvreduce to shrink; some volumes cannot be shrunk.',
  },
  unchanged: {
    meaning: 'It is already as was asked for, or there is nothing to do.',
    next: 'Nothing has to be done.',
  },
  'wrong-type': {
    meaning: 'The command is not for volumes of this type.',
    next: 'Look at the type of the volume (lvs -o segtype), and use what is for it.',
  },
  'wrong-state': {
    meaning: 'The command is not for an object in this state.',
    next: 'Look at its state (lvs -o +lv_attr,lv_health_status) and bring it into the one that is needed.',
  },
  component: {
    meaning: 'The volume is a hidden part of another one.',
    next: 'Do it to the volume that it is part of.',
  },
  'read-only': {
    meaning: 'lvm is set to change nothing, or the origin may not be written.',
    next: 'Run it without --readonly and global/metadata_read_only, or make the origin writable (lvchange -p rw).',
  },
  'config-invalid': {
    meaning: 'The configuration or profile could not be read.',
    next: 'Correct it; "lvmconfig --validate" checks it.',
  },
  'command-invalid': {
    meaning: 'lvm does not take this command line.',
    next: 'Check the options; this version of lvm may not know one of them.',
  },
  'restore-failed': {
    meaning: 'A saved description of the group could not be found, read or restored.',
    next: 'List what is saved with "vgcfgrestore --list"; lost physical volumes have to be made anew with their uuid first.',
  },
  'backup-failed': {
    meaning: 'The description of the group could not be saved, so nothing was changed.',
    next: 'Make room in the backup and archive directories (/etc/lvm) and make them writable.',
  },
  filesystem: {
    meaning: 'The file system could not be checked or resized.',
    next: 'Look at what the tool said; resize the file system by its own tools first, or leave it out.',
  },
  'kernel-refused': {
    meaning: 'The kernel refused a device-mapper operation.',
    next: 'Look at the kernel log (dmesg) and at "dmsetup info" for what was left behind.',
  },
  'io-error': {
    meaning: 'A device could not be read or written; an invalid snapshot answers so, too.',
    next: 'Look at the kernel log (dmesg), the disks, and the state of snapshots.',
  },
  'half-done': {
    meaning: 'lvm gave up in the middle: what it had made is still there.',
    next: 'Compare "lvs -a" with "dmsetup info", resume what is suspended, and remove what is left over.',
  },
  unsupported: {
    meaning: 'lvm or the kernel cannot do this, in this version or at all.',
    next: 'Do it another way, or with a newer version.',
  },
  internal: {
    meaning: 'lvm met a state that it does not expect.',
    next: 'Check the options, and the group with vgck; it may be an error in lvm.',
  },
  'confirmation-required': {
    meaning: 'lvm asks a question that the options do not answer, so its answer was no.',
    next: 'Allow it by the option for it, if that is what is wanted.',
  },
  'not-done': {
    meaning: 'lvm ended with success, but what it was to bring about is not so.',
    next: 'Look at what it said and at the state of the object.',
  },
  'timed-out': {
    meaning: 'The command did not end in time; SIGTERM was sent.',
    next: 'Look at what is there now before trying again with more time; the kernel may go on with what was begun.',
  },
  aborted: {
    meaning: 'The command was interrupted.',
    next: 'Look at what is there now; the kernel may go on with what was begun.',
  },
  killed: {
    meaning: 'The command was ended by a signal that was not sent from here.',
    next: 'Look for what was left behind: compare "lvs -a" with "dmsetup info", and resume what is suspended.',
  },
  'no-lvm': {
    meaning: 'lvm could not be started.',
    next: 'Install lvm2, or name the program in the option "binary".',
  },
  'udev-stuck': {
    meaning: 'The command waits for udev, which does not answer.',
    next: 'See "dmsetup udevcookies"; "dmsetup udevcomplete" releases it. Without udevd, udev_sync must be off.',
  },
  'report-invalid': {
    meaning: 'What lvm wrote is not whole, or not what it should be.',
    next: 'Try again; check that the program is lvm, and that nothing else writes to its outputs.',
  },
  other: {
    meaning: 'None of these; what lvm said is in the message.',
    next: '',
  },
} as const satisfies Readonly<Record<string, ReasonText>>;

/**
 * Why a command failed, or was not even started; {@link lvmReasons} says what each means. Found in what lvm says, whose
 * texts have hardly changed from 2.03.11 to 2.03.39; `other` for what is not known.
 */
export type LvmReason = keyof typeof table;

/** Every reason with its meaning and what to do about it. */
export const lvmReasons: Readonly<Record<LvmReason, ReasonText>> = table;
