/** Whether lvm says this with successes, too, so that it explains no failure. The line is trimmed. */
export function isNoise(line: string): boolean {
  return noise.some((pattern) => pattern.test(line));
}

const noise: readonly RegExp[] = [
  // A physical volume is missing, was, or has come back: said by every command that reads the group.
  /^WARNING: Couldn't find (?:device with uuid|all devices for LV) /,
  /^WARNING: VG \S+ (?:is|was) missing PV /,
  /^WARNING: VG \S+ was previously updated while PV /,
  /^WARNING: VG \S+ has unused reappeared PV /,
  /^WARNING: Partial LV \S+ needs to be repaired or removed\./,
  /^PARTIAL MODE\. /,
  // Old metadata on one of the devices.
  /^WARNING: Inconsistent metadata found for VG /,
  /^WARNING: (?:ignoring|updating old) metadata /,
  /^See vgck --updatemetadata /,
  // The same physical volume on two devices, of which lvm chose one.
  /^WARNING: Not using device \S+ for PV /,
  /^WARNING: PV \S+ prefers device /,
  // Over-provisioned thin pools.
  /^WARNING: Sum of all thin volume sizes /,
  /^WARNING: You have not turned on protection against thin pools /,
  /^WARNING: Set activation\/thin_pool_autoextend_threshold /,
  // Daemons and tools that are not there.
  /^\S*lvmpolld\.socket: connect failed: /,
  /^WARNING: Failed to connect to lvmpolld\./,
  /^WARNING: Check global\/use_lvmpolld /,
  /^Udev is running and DM_DISABLE_UDEV /,
  /^Udev database has incomplete information /,
  /^\S+: Failed to get external handle \[udev\]\./,
  /^WARNING: Check is skipped, please (?:install|upgrade) /,
  // How lvm was called and set up.
  /^File descriptor \d+ .*leaked on /,
  /^Configuration setting "[^"]*" unknown\.$/,
  /^Please remove the lvm\.conf (?:global_)?filter, /,
  /^TEST MODE: /,
  /^WARNING: locking_type \(\d+\) is deprecated, /,
  /^WARNING: No local system ID is set\.$/,
  /^WARNING: This metadata update is NOT backed up\./,
  /^WARNING: Activation disabled\. /,
  // What stands under an error and does not name it.
  /^Run `\S+ --help' for more information\.$/,
  /^See vgreduce --removemissing and /,
  /^Check that device-mapper is available in the kernel\.$/,
  /^(?:Nearest similar|Correct) command has syntax:$/,
];
