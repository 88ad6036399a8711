import { describe, expect, it } from 'vitest';
import { type Look, plainLook } from '../../../lib/cli/look.ts';
import { displayWidth } from '../../../lib/cli/text.ts';
import { createView, type TopView } from '../../../lib/cli/top.ts';
import { firstControls, type Key, press } from '../../../lib/cli/top-controls.ts';
import { DmError } from '../../../lib/errors.ts';
import type { WatchedDevice } from '../../../lib/monitor/types.ts';
import { createRows } from '../../../lib/view/live-rows.ts';
import { lvmUuid } from './make.ts';
import { watched, worldOf } from './watch-script.ts';

const at = Date.UTC(2026, 0, 2, 3, 4, 5);
const size = { width: 120, height: 14 };

const machine = [
  watched('vg-home', lvmUuid('h'), ['0 131072 raid raid1 2 aA 32768/131072 resync 0 0 -']),
  watched('vg-quiet', lvmUuid('q'), ['0 131072 linear ']),
  watched('vg-lost', lvmUuid('l'), ['0 65536 snapshot Invalid']),
  watched('vg-half', lvmUuid('f'), ['0 65536 snapshot 20000/32768 128']),
  watched('vg-full', lvmUuid('u'), ['0 65536 snapshot 32000/32768 128']),
  watched('vg-pool', lvmUuid('p', 'pool'), ['0 131072 linear ']),
  watched('vg-pool-tpool', lvmUuid('p', 'tpool'), [
    '0 131072 thin-pool 1 111/1024 512/1024 - rw discard_passdown queue_if_no_space - 1024 ',
  ]),
  watched('vg-pool_tmeta', lvmUuid('t'), ['0 8192 linear ']),
];

describe('the screen of devmapper top', () => {
  it('shows what needs attention first: failed, warning, busy, filling, the rest', () => {
    const { view } = viewOf(machine);
    expect(view.screen(size, at)).toEqual([
      'devmapper top - 6 shown, 1 failed, 1 warning, 1 busy - by events - 03:04:05 UTC',
      'NAME      TYPE              SIZE  SYNC/FILL                   HEALTH   DETAILS',
      expect.stringMatching(/^vg\/lost +snapshot .* 100\.00% .* failed +invalid: the snapshot is lost$/),
      expect.stringMatching(/^vg\/full +snapshot .* 97\.66% .* warning +nearly full$/),
      expect.stringMatching(/^vg\/home +raid1 .* 25\.00% .* busy +resync$/),
      expect.stringMatching(/^vg\/half +snapshot .* 61\.04% .* ok$/),
      expect.stringMatching(/^vg\/pool +thin-pool .* 50\.00% .* ok$/),
      expect.stringMatching(/^vg\/quiet +linear +64\.00 MiB +ok$/),
      '',
      '',
      '',
      '',
      '',
      'q quit  h help  s sort: attention  / filter  a layers: not well',
    ]);
  });

  it('shows rates and what will be full or in sync when', () => {
    const world = viewOf([]);
    for (const second of [0, 1, 2, 3, 4])
      world.show(
        watched(
          'vg-home',
          lvmUuid('h'),
          [`0 131072 raid raid1 2 aA ${32768 + 2048 * second}/131072 resync 0 0 -`],
          { readAt: at + second * 1000 },
        ),
        watched('vg-half', lvmUuid('f'), [`0 65536 snapshot ${20000 + 100 * second}/32768 128`], {
          readAt: at + second * 1000,
        }),
        watched(
          'vg-pool',
          lvmUuid('p'),
          [
            `0 131072 thin-pool 1 ${100 + second}/1024 512/1024 - rw discard_passdown queue_if_no_space - 1024 `,
          ],
          { readAt: at + second * 1000 },
        ),
      );
    const text = world.view.screen({ width: 140, height: 10 }, at + 6000).join('\n');
    expect(text).toMatch(/^vg\/home .* 1\.00 MiB\/s {2}synced in 42s /m);
    expect(text).toMatch(/^vg\/half .* 50\.00 KiB\/s {2}full in 2m02s /m);
    expect(text).toMatch(/^vg\/pool .* meta full in 15m18s /m);
  });

  it('says since when a device gives no answer, and what it said before', () => {
    const error = new DmError({ reason: 'timed-out', errno: 110, operation: 'status', device: 'x', log: [] });
    const stale = { ...(machine[0] as WatchedDevice), staleSince: at - 12_000, error };
    expect(viewOf([stale]).view.screen({ ...size, width: 160 }, at)[2]).toMatch(
      / warning +no answer for 12s \(ETIMEDOUT\), before: resync$/,
    );
    const layer = { ...(machine[7] as WatchedDevice), staleSince: at, error };
    expect(viewOf([layer]).view.screen(size, at)[2]).toMatch(/^\[vg\/pool_tmeta\] .* warning/);
  });

  it('shows the last changes at the bottom, newest last, but no progress', () => {
    const { view } = viewOf(machine);
    const mirror = { name: 'vg-home', uuid: lvmUuid('h'), major: 254, minor: 0 };
    for (const ratio of [0.8, 0.9, 0.95, 0.96])
      view.note({
        kind: 'usage-above',
        at,
        device: mirror,
        segment: 0,
        usage: 'data',
        threshold: ratio,
        ratio,
      });
    const screen = view.screen(size, at);
    expect(screen.slice(-5, -1)).toEqual([
      'CHANGES',
      ...['90 %: 90', '95 %: 95', '96 %: 96'].map((words) => `03:04:05  vg/home  data usage above ${words}`),
    ]);
    expect(screen).toHaveLength(size.height);
  });

  it('escapes names', () => {
    const { view } = viewOf([watched('a\x1b[2J', null, ['0 8 linear '])]);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that there is none is what is tested
    expect(view.screen(size, at).join('')).not.toMatch(/[\x00-\x1f]/);
  });

  it('says that there is nothing, or that nothing matches', () => {
    expect(viewOf([]).view.screen(size, at)).toContain('There are no device-mapper devices.');
    const { view } = viewOf(machine);
    type(view, '/', 'n', 'o', 'p', 'e');
    expect(view.screen(size, at)).toContain('Nothing matches the filter.');
  });

  const shapes = [1, 2, 3, 7, 8, 15, 20, 33, 47, 60, 79, 100, 200].flatMap((width) =>
    [1, 2, 3, 5, 10, 40].map((height) => [width, height] as const),
  );
  it.each(shapes)('fits %i columns and %i rows', (width, height) => {
    const named = [...machine, watched('\u{1f600}'.repeat(30), null, ['0 8 linear '])];
    for (const look of [plainLook, { ...plainLook, unicode: false }]) {
      const { view } = viewOf(named, look);
      const keys: readonly (readonly string[])[] = [[], ['h'], ['a'], ['/', 'x'.repeat(50)]];
      for (const pressed of keys) {
        type(view, ...pressed);
        const screen = view.screen({ width, height }, at);
        expect(screen).toHaveLength(height);
        for (const line of screen) expect(displayWidth(line), line).toBeLessThanOrEqual(width);
      }
    }
  });

  it('keeps names and health on 20 columns', () => {
    const lines = viewOf(machine).view.screen({ width: 20, height: 9 }, at);
    expect(lines[2]).toBe('vg/lost   100.00%');
  });
});

describe('the keys of devmapper top', () => {
  const many = Array.from({ length: 30 }, (_, index) =>
    watched(`d${index}`, null, [`0 ${8 + index} linear `]),
  );

  it.each([
    [['down'], 'd1 '],
    [['j', 'j', 'k'], 'd1 '],
    [['pagedown'], 'd10 '],
    [['pagedown', 'pageup'], 'd0 '],
    [['end'], 'd19 '],
    [['G'], 'd19 '],
    [['end', 'home'], 'd0 '],
    [['up'], 'd0 '],
    [['s', 's', 's'], 'd29 '],
  ])('%j shows %s first', (keys, name) => {
    const { view } = viewOf(many);
    type(view, ...keys);
    expect(view.screen(size, at)[2]).toMatch(new RegExp(`^${name}`));
  });

  it('a filter is typed, mended, kept with Enter and dropped with Escape', () => {
    const { view } = viewOf(machine);
    type(view, 'f', 'S', 'n', 'a', 'x', 'backspace', 'p', 'q');
    expect(view.screen(size, at).at(-1)).toBe('filter: Snapq_');
    type(view, 'backspace', 'return');
    expect(view.screen(size, at).at(-1)).toContain('/ filter: Snap');
    expect(view.screen(size, at).filter((line) => line.startsWith('vg/'))).toHaveLength(3);
    type(view, 'escape');
    expect(view.screen(size, at).filter((line) => line.startsWith('vg/'))).toHaveLength(6);
  });

  it('a shows all layers, h the keys', () => {
    const { view } = viewOf(machine);
    type(view, 'a');
    expect(view.screen(size, at).join('\n')).toContain('[vg/pool-tpool]');
    type(view, 'h');
    expect(view.screen(size, at).join('\n')).toContain('PgUp PgDn');
    type(view, 'x');
    expect(view.screen(size, at).join('\n')).not.toContain('PgUp PgDn');
  });

  it.each<[Key, unknown]>([
    [{ name: 'q', sequence: 'q' }, 'quit'],
    [{ name: 'c', ctrl: true }, 'interrupt'],
    [{ name: 'z', ctrl: true }, 'suspend'],
    [{ name: 'l', ctrl: true }, 'redraw'],
    [{ sequence: '\x1b[I' }, firstControls],
    [{}, firstControls],
  ])('%j is %j', (key, result) => {
    expect(press(firstControls, key, { page: 10, rows: 30 })).toEqual(result);
  });

  it('while a filter is typed a q is a letter, Ctrl-C is still the end', () => {
    const typing = { ...firstControls, typing: true };
    expect(press(typing, { name: 'q', sequence: 'q' }, { page: 1, rows: 1 })).toMatchObject({ filter: 'q' });
    expect(press(typing, { name: 'c', ctrl: true, sequence: '\x03' }, { page: 1, rows: 1 })).toBe(
      'interrupt',
    );
    expect(press(typing, { name: 'tab', sequence: '\t' }, { page: 1, rows: 1 })).toEqual(typing);
  });

  it('rows that go away do not leave an empty screen', () => {
    const world = viewOf(many);
    type(world.view, 'end');
    world.show(...many.slice(0, 3));
    expect(world.view.screen(size, at)[2]).toMatch(/^d0 /);
  });
});

describe('the rows of devmapper top', () => {
  it('come from what changed only, and are the same array while nothing does', () => {
    const rows = createRows();
    rows.update(worldOf(...machine));
    const before = rows.rows(false);
    const again = machine.map((device) => ({ ...device, readAt: 1 }));
    expect(rows.update(worldOf(...again)).read).toHaveLength(machine.length);
    expect(rows.rows(false)).toBe(before);
    const [home, ...rest] = again;
    expect(rows.update(worldOf(...rest)).gone).toEqual([home?.name]);
    expect(rows.rows(false)).toHaveLength(before.length - 1);
  });

  it('are by title, numbers by value, whenever they come', () => {
    const rows = createRows();
    const named = (name: string) => watched(name, null, ['0 8 linear ']);
    rows.update(worldOf(...['d10', 'd2'].map(named)));
    expect(rows.rows(false).map(({ title }) => title)).toEqual(['d2', 'd10']);
    rows.update(worldOf(...['d10', 'd2', 'd9', 'd1', 'd11'].map(named)));
    expect(rows.rows(false).map(({ title }) => title)).toEqual(['d1', 'd2', 'd9', 'd10', 'd11']);
  });

  it('follow a device that another has replaced under its name, and a volume that gains a layer', () => {
    const rows = createRows();
    rows.update(worldOf(watched('vg-a', lvmUuid('a'), ['0 8 linear '])));
    rows.update(worldOf(watched('vg-a', 'CRYPT-x', ['0 8 crypt '])));
    expect(rows.rows(false).map(({ title, kind }) => [title, kind])).toEqual([['vg-a', 'crypt']]);
    rows.update(
      worldOf(
        watched('vg-a', lvmUuid('a'), ['0 8 snapshot-origin ']),
        watched('vg-a-real', lvmUuid('a', 'real'), ['0 8 linear ']),
      ),
    );
    expect(rows.rows(false).map(({ title, kind }) => [title, kind])).toEqual([['vg/a', 'linear (origin)']]);
    expect(rows.rows(true).map(({ title }) => title)).toEqual(['vg/a', '[vg/a-real]']);
  });
});

function viewOf(devices: readonly WatchedDevice[], look: Look = plainLook) {
  let current = worldOf(...devices);
  const view = createView(
    {
      get current() {
        return current;
      },
      source: 'events',
    },
    look,
  );
  return {
    view,
    show(...next: readonly WatchedDevice[]) {
      current = worldOf(...next);
      view.screen(size, at);
    },
  };
}

function type(view: TopView, ...keys: readonly string[]): void {
  for (const key of keys) view.key({ name: key.toLowerCase(), sequence: key }, size);
}
