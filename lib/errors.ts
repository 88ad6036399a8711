import { getSystemErrorName } from 'node:util';

/**
 * Why a question brought no answer. `no-library`: libdevmapper is not installed. `no-addon`: the native part of this
 * package is not built. `no-driver`: the kernel has no device-mapper. `no-privilege`: CAP_SYS_ADMIN is missing.
 * `no-device`: there is no such device, or it went away. `timed-out`: the kernel did not answer within the timeout.
 * `closed`: the instance was closed. `other`: none of these; `code` and `log` tell.
 */
export type DmReason =
  | 'no-library'
  | 'no-addon'
  | 'no-driver'
  | 'no-privilege'
  | 'no-device'
  | 'timed-out'
  | 'closed'
  | 'other';

/** What is known of a failure when it is made into a {@link DmError}. */
export interface DmFailure {
  readonly reason: DmReason;
  /** The positive errno of the system call, or 0. */
  readonly errno: number;
  readonly operation: string;
  /** Name, uuid or `major:minor` of the device asked about; `''` if it was about all or none. */
  readonly device: string;
  /** What libdevmapper or the loader had to say. */
  readonly log: readonly string[];
}

/** A question to device-mapper that brought no answer. The message says what is wrong and what to do about it. */
export class DmError extends Error {
  override readonly name = 'DmError';
  readonly reason: DmReason;
  /** The errno's name (`ENXIO`, `EACCES`, `ENODEV`, `ETIMEDOUT`...), or `ERR_DM_...` where no system call failed. */
  readonly code: string;
  /** The negated errno, as in Node's own errors; `undefined` where no system call failed. */
  readonly errno: number | undefined;
  /** What was asked: `status`, `table`, `list`... */
  readonly operation: string;
  /** Name, uuid or `major:minor` of the device it was about; `undefined` if it was about all or none. */
  readonly device: string | undefined;
  /** What libdevmapper or the loader logged meanwhile. */
  readonly log: readonly string[];

  constructor(failure: DmFailure, options?: ErrorOptions) {
    const code = codeOf(failure);
    super(messageOf(failure, code), options);
    this.reason = failure.reason;
    this.code = code;
    this.errno = failure.errno === 0 ? undefined : -failure.errno;
    this.operation = failure.operation;
    this.device = failure.device === '' ? undefined : failure.device;
    this.log = failure.log;
  }
}

/** What a call to an instance, session or monitor that was closed ends with. */
export function closedError(operation: string): DmError {
  return new DmError({ reason: 'closed', errno: 0, operation, device: '', log: [] });
}

function codeOf({ reason, errno }: DmFailure): string {
  if (reason === 'no-library') return 'ERR_DM_NO_LIBRARY';
  if (reason === 'no-addon') return 'ERR_DM_NO_ADDON';
  if (reason === 'closed') return 'ERR_DM_CLOSED';
  return errno === 0 ? 'ERR_DM' : getSystemErrorName(-errno);
}

function messageOf(failure: DmFailure, code: string): string {
  const about = failure.device === '' ? failure.operation : `${failure.operation} of ${failure.device}`;
  return `${about}: ${explain(failure, code)}`;
}

function explain({ reason, operation, log }: DmFailure, code: string): string {
  switch (reason) {
    case 'no-library':
      return `libdevmapper could not be loaded (${log.join('; ')}). Install it: ${libraryPackages}; or name its file in the option "library".`;
    case 'no-addon':
      return `the native addon of devmapper could not be loaded (${log.join('; ')}). There is no prebuilt file for this machine, or that one does not load: run "npx node-gyp rebuild" in the directory of the package, with a C++ compiler (on Fedora and RHEL libstdc++-static, too), make and python3.`;
    case 'no-driver':
      return `the kernel offers no device-mapper (${log.join('; ')}: ${code}). Run "modprobe dm-mod" as root; in a container, ask the host for the device /dev/mapper/control.`;
    case 'no-privilege':
      return `device-mapper answers only processes with CAP_SYS_ADMIN (${code}). Run as root, or give the process that capability in the initial user namespace.`;
    case 'no-device':
      return `there is no such device (${code}). It may have been removed meanwhile; "devmapper list" shows those that exist.`;
    case 'timed-out':
      if (operation === 'wait') return `what was waited for has not happened in time (${code}).`;
      return `the kernel did not answer in time (${code}). The device may hang, for example on its metadata disk; a later call asks again once it has answered.`;
    case 'closed':
      return 'this DeviceMapper was closed. Open another one.';
    case 'other':
      return [`failed with ${code}`, ...log].join(': ');
  }
}

const libraryPackages =
  'libdevmapper1.02.1 (Debian, Ubuntu), device-mapper-libs (Fedora, RHEL, Alpine), device-mapper (Arch), libdevmapper1_03 (SUSE)';
