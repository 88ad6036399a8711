import type { DeviceMapper } from '../device-mapper.ts';
import { DmError } from '../errors.ts';
import type { TargetVersion, Versions } from '../native.ts';

/** Remembers what libdevmapper and the driver are, and which targets there are. */
export interface VersionKeeper {
  /** Asks again if this is another version of the tables, or if it is not known. Never rejects. */
  read(version: number, timeout: number): Promise<void>;
  readonly versions: Versions | undefined;
  readonly targets: readonly TargetVersion[];
}

/** Starts with nothing known. libdevmapper is asked, so without it nothing is. */
export function keepVersions(dm: DeviceMapper): VersionKeeper {
  let versions: Versions | undefined;
  let targets: readonly TargetVersion[] = [];
  let readIn: number | undefined;

  return {
    async read(version, timeout) {
      if (readIn === version) return;
      try {
        versions ??= await dm.version({ timeout });
        targets = await dm.targets({ timeout });
        readIn = version;
      } catch (error) {
        // What was known stays. A library that is not there need not be looked for at each scrape.
        if (error instanceof DmError && error.reason === 'no-library') readIn = version;
      }
    },
    get versions() {
      return versions;
    },
    get targets() {
      return targets;
    },
  };
}
