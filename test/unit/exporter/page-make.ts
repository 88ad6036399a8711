import { documentOf } from '../../../lib/exporter/page/document.ts';
import { createLists, type Lists } from '../../../lib/exporter/page/lists.ts';
import type { Note, Scene } from '../../../lib/exporter/page/live.ts';
import { type PageQuery, parsePageQuery } from '../../../lib/exporter/page/query.ts';
import { type Topology, topologyOf } from '../../../lib/exporter/page/topology.ts';
import type { WatchedDevice } from '../../../lib/monitor/types.ts';
import { createRows } from '../../../lib/view/live-rows.ts';
import { createPaces } from '../../../lib/view/paces.ts';
import { listed } from '../cli/make.ts';
import { worldOf } from '../cli/watch-script.ts';

/** When the scenes of these tests are. */
const sceneTime = Date.UTC(2026, 0, 2, 3, 4, 5);

/** What a page knows of these devices, which stand on a disk 8:0 unless a topology is given. */
export function sceneOf(devices: readonly WatchedDevice[], more: Partial<Scene> = {}): Scene {
  const current = worldOf(...devices);
  const rows = createRows();
  rows.update(current);
  return {
    at: sceneTime,
    state: 'watching',
    source: 'events',
    current,
    rows: rows.rows,
    paces: createPaces(),
    notes: [],
    topology: diskBelow(devices),
    ...more,
  };
}

/** A change as the page tells it. */
export function note(title: string, words: string): Note {
  return { key: '1', at: sceneTime, title, words, health: 'warning' };
}

/** The query of a page's address. */
export function query(text = ''): PageQuery {
  return parsePageQuery(new URLSearchParams(text));
}

/** The lists of a page. */
export function listsOf(scene: Scene, text = ''): Lists {
  return createLists()(scene, query(text));
}

/** The HTML of a page. */
export function pageOf(scene: Scene, text = ''): string {
  return documentOf(listsOf(scene, text), query(text), { host: 'storage-1', metrics: './metrics' });
}

/** The tags of a document in their order: what a browser would see as markup. */
export function tagsOf(document: string): readonly string[] {
  return [...document.matchAll(/<\/?[a-z!][^>]*>/gi)].map(([tag]) => tag.replace(/="[^"]*"/g, ''));
}

function diskBelow(devices: readonly WatchedDevice[]): Topology {
  const parts = devices.map(({ name, minor }) => listed(name, minor, { dependencies: ['8:0'] }));
  const disk = { name: 'sda', kind: 'disk', sectors: 1024, file: null, dependencies: [] } as const;
  return topologyOf(parts, new Map([['8:0', disk]]));
}
