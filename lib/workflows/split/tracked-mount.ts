import { join } from 'node:path';
import { lvmDeviceName } from '../../names.ts';
import { Refusal } from '../errors.ts';
import type { Step } from '../step.ts';
import { mountVolume, removeDirectory, unmountAll } from '../system/mounting.ts';
import { makeOwnDirectory } from '../system/own-directory.ts';
import type { Tracked } from './tracked-steps.ts';

/** The directory of our own that an image of this volume is mounted on: the next call finds it after a kill. */
export function mountPointOf(volume: string): string {
  const [vg = '', lv = ''] = volume.split('/');
  return join(ownDirectory, `split-${lvmDeviceName(vg, lv)}`);
}

const ownDirectory = '/run/devmapper';

async function makeMountPoint(volume: string): Promise<string> {
  const path = mountPointOf(volume);
  await makeOwnDirectory(ownDirectory);
  await makeOwnDirectory(path);
  return path;
}

/** The steps that mount an image for the callback and unmount it afterwards; none if it is not to be mounted. */
export function mountSteps<T>({ look, image, options, found }: Tracked<T>): {
  readonly mount: readonly Step[];
  readonly unmount: readonly Step[];
} {
  const { mount: wanted = false } = options;
  if (wanted === false) return { mount: [], unmount: [] };
  let directory: string | undefined;
  let own: string | undefined;
  const unmount = async (): Promise<string | null> => {
    const { leg } = found;
    if (leg === undefined || directory === undefined) return null;
    await unmountAll(leg.path);
    if (own !== undefined) await removeDirectory(own);
    const was = directory;
    directory = undefined;
    return `${image.fullName} was unmounted from ${was}`;
  };
  const where = wanted === true ? 'a directory of our own' : wanted;
  const title = `Unmount ${image.fullName}`;
  return {
    mount: [
      {
        name: 'mount',
        title: `Mount ${image.fullName} on ${where}, read-only`,
        async perform({ signal }) {
          const { leg } = found;
          if (leg === undefined) throw new Error('nothing is split off');
          if (leg.mountOptions === null || leg.filesystem === null)
            throw new Refusal('unsafe', `${leg.volume} cannot be mounted: ${leg.warnings.join(' ')}`);
          if (wanted === true) own = await makeMountPoint(look.row.fullName);
          directory = own ?? String(wanted);
          await mountVolume(leg.path, directory, leg.mountOptions, leg.filesystem.type, signal);
          found.leg = { ...leg, mounted: directory };
        },
        undo: { title, perform: unmount },
        left: () => ({
          state: `${image.fullName} is still mounted on ${directory ?? where}`,
          next: `Unmount it: "umount ${directory ?? where}".`,
        }),
      },
    ],
    unmount: [
      {
        name: 'unmount',
        title,
        async perform() {
          await unmount();
        },
      },
    ],
  };
}
