import type { MultipathPath, MultipathStatus } from '../targets/multipath.ts';
import type { News } from './changes-news.ts';

/** What changed in a multipath device, path by path: a path that came or went is another table. */
export function multipathNews(before: MultipathStatus, after: MultipathStatus): readonly News[] {
  const old = new Map(pathsOf(before).map(({ device, state }) => [device, state]));
  return pathsOf(after).flatMap(({ device, state }): readonly News[] => {
    const was = old.get(device);
    if (was === undefined || was === state) return [];
    if (state === 'failed') return [{ kind: 'path-failed', path: device }];
    return was === 'failed' ? [{ kind: 'path-restored', path: device }] : [];
  });
}

function pathsOf({ groups }: MultipathStatus): readonly MultipathPath[] {
  return groups.flatMap(({ paths }) => paths);
}
