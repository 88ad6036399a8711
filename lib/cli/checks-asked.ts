import { readFileSync } from 'node:fs';
import { DeviceMapper } from '../device-mapper.ts';
import { DmError } from '../errors.ts';
import type { Versions } from '../native.ts';
import { type Check, ok, problem, unknown } from './check.ts';

/** What a question to device-mapper came to. */
export type Asked = { readonly versions: Versions; readonly targets: number } | { readonly error: DmError };

/** Asks for the versions, which needs all that reading needs. */
export async function askForVersions(options: {
  readonly timeout?: number | undefined;
  readonly library?: string | undefined;
}): Promise<Asked> {
  try {
    const dm = DeviceMapper.open(options);
    try {
      return { versions: await dm.version(), targets: (await dm.targets()).length };
    } finally {
      dm.close();
    }
  } catch (error) {
    if (error instanceof DmError) return { error };
    throw error;
  }
}

/** The native part of this package. */
export function checkAddon(asked: Asked): Check {
  if (reasonOf(asked) !== 'no-addon') return ok('addon', 'loaded');
  return problem(
    'addon',
    `cannot be loaded: ${logOf(asked)}`,
    'Run "npx node-gyp rebuild" in the directory of the package, with a C++ compiler (on Fedora and RHEL libstdc++-static, too), make and python3: there is no ' +
      'prebuilt file for this machine, or that one does not load.',
  );
}

/** libdevmapper. */
export function checkLibrary(asked: Asked): Check {
  if ('versions' in asked) return ok('library', `libdevmapper ${asked.versions.library}`);
  const reason = reasonOf(asked);
  if (reason === 'no-addon') return unknown('library', 'the addon looks for it');
  if (reason !== 'no-library')
    return ok('library', 'libdevmapper is loaded; its version comes with an answer of the driver');
  return problem(
    'library',
    `libdevmapper cannot be loaded: ${logOf(asked)}`,
    'Install libdevmapper1.02.1 (Debian, Ubuntu), device-mapper-libs (Fedora, RHEL, Alpine), device-mapper (Arch) or ' +
      'libdevmapper1_03 (SUSE); or name its file with --library.',
  );
}

/** The kernel's driver. */
export function checkDriver(asked: Asked, misc = readMisc()): Check {
  if ('versions' in asked) {
    const { driver } = asked.versions;
    return ok('driver', `device-mapper ${driver}, ${asked.targets} target types loaded`);
  }
  if (/^\s*\d+ device-mapper$/m.test(misc))
    return ok('driver', 'in the kernel; its version was not to be had');
  return problem(
    'driver',
    'the kernel offers no device-mapper',
    'Run "modprobe dm-mod" as root; in a container, on its host. A kernel without CONFIG_BLK_DEV_DM has none.',
  );
}

function reasonOf(asked: Asked): string | undefined {
  return 'error' in asked ? asked.error.reason : undefined;
}

function logOf(asked: Asked): string {
  return 'error' in asked ? asked.error.log.join('; ') : '';
}

function readMisc(): string {
  try {
    return readFileSync('/proc/misc', 'utf8');
  } catch {
    return '';
  }
}
