import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { safeHeaders } from '../../../lib/exporter/page/headers.ts';
import { pageSizes } from '../../../lib/exporter/page/lists.ts';
import type { Scene } from '../../../lib/exporter/page/live.ts';
import { h, html } from '../../../lib/exporter/page/node.ts';
import { linkTo, parsePageQuery } from '../../../lib/exporter/page/query.ts';
import { script } from '../../../lib/exporter/page/script.ts';
import { mostBoxes } from '../../../lib/exporter/page/stacks.ts';
import { style } from '../../../lib/exporter/page/style.ts';
import { isSameTopology, readTopology, topologyOf } from '../../../lib/exporter/page/topology.ts';
import { verdict } from '../../../lib/exporter/page/verdict.ts';
import { targetNames } from '../../../lib/targets/index.ts';
import { summarizeDevice } from '../../../lib/view/summary.ts';
import { vectors } from '../arbitraries.ts';
import { listed } from '../cli/make.ts';
import { watched } from '../cli/watch-script.ts';
import { listsOf, note, pageOf, query, sceneOf, tagsOf } from './page-make.ts';

const text = (): fc.Arbitrary<string> =>
  fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom(...'<>&"\'/=! -\n\0;#x27scriptimgonload\ud800\u202e') }),
  );

describe('markup', () => {
  it('has every text and attribute in it as it was, and nothing of it as markup', () => {
    fc.assert(
      fc.property(text(), text(), (attribute, content) => {
        const made = html(h('p', { title: attribute }, content));
        const found = /^<p title="([^"<>]*)">([^<>]*)<\/p>$/s.exec(made);
        expect(found?.slice(1).map(unescaped)).toEqual([plain(attribute), plain(content)]);
      }),
    );
  });

  it('is the same for every name, group, change, host and filter', () => {
    const pageFor = (name: string): string => {
      const device = watched(name, null, ['0 8192 linear ']);
      const scene = sceneOf([device], { notes: [note(name, name)], state: new Error(name) });
      return pageOf(scene, new URLSearchParams({ q: name.slice(0, 3), stack: name }).toString());
    };
    const usual = tagsOf(pageFor('usual'));
    expect(usual.length).toBeGreaterThan(80);
    fc.assert(
      fc.property(text(), (tail) => {
        expect(tagsOf(pageFor(plain(`usual${tail}`)))).toEqual(usual);
      }),
      { numRuns: 60 },
    );
  });

  it('has no inline script, style or handler, and loads nothing from elsewhere', () => {
    const page = pageOf(sceneOf([watched('a', null, ['0 8192 linear '])]));
    expect(page.match(/<script\b[^>]*>/g)).toEqual([
      expect.stringMatching(/^<script src="page\.js\?[\w-]{12}" defer="">$/),
    ]);
    expect(page).not.toMatch(/<style|\sstyle=|\son[a-z]+=|https?:|\/\//i);
    expect(script).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|Function\(/);
    expect(style).not.toMatch(/url\(|@import|expression/);
  });
});

describe('the headers', () => {
  it('allow what the page itself serves and nothing else', () => {
    const policy = Object.fromEntries(
      (safeHeaders['Content-Security-Policy'] ?? '').split('; ').map((rule) => {
        const [name = '', ...values] = rule.split(' ');
        return [name, values.join(' ')];
      }),
    );
    expect(policy).toEqual({
      'default-src': "'none'",
      'style-src': "'self'",
      'script-src': "'self'",
      'img-src': "'self'",
      'connect-src': "'self'",
      'form-action': "'self'",
      'base-uri': "'none'",
      'frame-ancestors': "'none'",
      'require-trusted-types-for': "'script'",
      'trusted-types': "'none'",
    });
    expect(safeHeaders).toMatchObject({
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
    });
  });
});

describe('the table of volumes', () => {
  // Some have nothing to say in their status.
  const silent = targetNames.filter(
    (name) => !vectors.some(({ kind, target }) => kind === 'status' && target === name),
  );
  const lines = [
    ...vectors.filter(({ kind }) => kind === 'status'),
    ...silent.map((target) => ({ target, line: '' })),
  ];

  it.each(lines)('says health, words and bar of $target "$line"', ({ target, line }) => {
    const device = watched('a', null, [`0 8192 ${target} ${line}`]);
    const summary = summarizeDevice({ ...device.info, segments: device.segments, error: null });
    const row = html(listsOf(sceneOf([device])).rows[0]?.[1] ?? '');
    expect(row).toContain(`<span>${summary.health}</span>`);
    expect(unescaped(row)).toContain(summary.text);
    const values = [...row.matchAll(/role="(progressbar|meter)"[^>]*aria-valuenow="([\d.]+)"/g)];
    if (summary.bar === undefined) expect(values).toEqual([]);
    else expect(Number(values[0]?.[2])).toBeCloseTo(Math.min(1, summary.bar.ratio) * 100, 1);
  });

  it('shows any status of any target without throwing, in bounds', () => {
    fc.assert(
      fc.property(fc.constantFrom(...targetNames, 'foreign'), text(), (target, params) => {
        const page = pageOf(sceneOf([watched('a', null, [`0 8192 ${target} ${params.repeat(50)}`])]));
        expect(page.length).toBeLessThan(20_000);
      }),
      { numRuns: 200 },
    );
  });

  it('shows the volumes of one health only, whatever the others are called', () => {
    const scene = sceneOf([
      watched('failed', null, ['0 8192 linear '], { minor: 1 }),
      watched('lost', null, ['0 8192 snapshot Invalid'], { minor: 2 }),
    ]);
    expect(listsOf(scene, 'health=failed').rows.map(([key]) => key)).toEqual(['lost']);
    expect(listsOf(scene, 'health=ok').rows.map(([key]) => key)).toEqual(['failed']);
    expect(listsOf(scene, 'health=sad').rows).toHaveLength(2);
    expect(html(listsOf(scene, 'health=ok').counts[3]?.[1] ?? '')).toContain(
      'href="?#volumes" class="count" aria-current="true"',
    );
  });

  it('says nothing of the volumes that it does not know', () => {
    const sentence = (state: Scene['state'], lines: readonly string[]): string =>
      html(
        listsOf(
          sceneOf(
            lines.map((line) => watched('a', null, [line])),
            { state },
          ),
        ).verdict[0]?.[1] ?? '',
      );
    expect(sentence('starting', [])).toContain('>Having a first look.<');
    expect(sentence(new Error('gone'), [])).toContain('>Nothing is known of the volumes.<');
    expect(sentence(new Error('gone'), ['0 8 linear '])).toContain(
      '>When last seen: The only volume is well.<',
    );
    expect(sentence('watching', [])).toContain('>There are no device-mapper volumes.<');
  });

  it('says since when a device gives no answer', () => {
    const scene = sceneOf([watched('a', null, ['0 8192 linear '])]);
    const stale = sceneOf([watched('a', null, ['0 8192 linear '], { staleSince: scene.at - 12_000 })]);
    expect(html(listsOf(stale).rows[0]?.[1] ?? '')).toContain('no answer for 12s');
  });

  it('shows of ten thousand volumes the most urgent, the others by page and by filter', () => {
    const devices = Array.from({ length: 10_000 }, (_, index) =>
      watched(`volume-${index}`, null, [index === 7777 ? '0 65536 snapshot Invalid' : '0 8192 linear '], {
        minor: index,
      }),
    );
    const scene = sceneOf(devices);
    const lists = listsOf(scene);
    expect(lists.rows).toHaveLength(pageSizes.rows);
    expect(lists.rows[0]?.[0]).toBe('volume-7777');
    expect(html(lists['rows-pager'][0]?.[1] ?? '')).toContain('page 1 of 200, 10000 volumes');
    expect(pageOf(scene).length).toBeLessThan(100_000);
    expect(listsOf(scene, 'page=200').rows).toHaveLength(pageSizes.rows);
    expect(listsOf(scene, 'page=999999').rows).toHaveLength(pageSizes.rows);
    expect(listsOf(scene, 'q=VOLUME-9999').rows.map(([key]) => key)).toEqual(['volume-9999']);
    expect(html(listsOf(scene, 'q=nothing').rows[0]?.[1] ?? '')).toContain('No volume is like that.');
  });
});

describe('disks and stacks', () => {
  const plain = (name: string, minor: number) => watched(name, null, ['0 8192 linear '], { minor });

  it('name a dozen volumes of a disk and count the others', () => {
    const devices = Array.from({ length: 10_000 }, (_, index) => plain(`volume-${index}`, index));
    const [disk, ...more] = listsOf(sceneOf(devices)).disks;
    expect(more).toEqual([]);
    const card = html(disk?.[1] ?? '');
    expect(card).toContain('All 10000 volumes fail with it.');
    expect(card.match(/class="fails"/g)).toHaveLength(12);
    expect(card).toContain('and 9988 volumes more');
  });

  it('come page by page, in the order of their names', () => {
    const devices = Array.from({ length: 30 }, (_, index) => plain(`v${index}`, index));
    const parts = devices.map(({ name, minor }) => listed(name, minor, { dependencies: [`8:${minor}`] }));
    const scene = sceneOf(devices, { topology: topologyOf(parts, new Map()) });
    const pages = ['', 'disks=2', 'disks=3', 'disks=99'].map((text) =>
      listsOf(scene, text).disks.map(([key]) => key),
    );
    expect(pages.map(({ length }) => length)).toEqual([12, 12, 6, 6]);
    expect(pages[1]?.[0]).toBe('8:12');
    expect(html(listsOf(scene)['disks-pager'][0]?.[1] ?? '')).toContain('page 1 of 3, 30 disks');
  });

  it('draw no more boxes than a picture can hold, however many ways lead down', () => {
    // Each stands on both of the level below: two to the twentieth ways to the disk.
    const levels = Array.from({ length: 40 }, (_, index) => {
      const below =
        index < 2 ? ['8:0'] : [`254:${index - 2 - (index % 2)}`, `254:${index - 1 - (index % 2)}`];
      return listed(`l${index}`, index, { dependencies: below });
    });
    const scene = sceneOf(
      levels.map(({ name, minor }) => plain(name, minor)),
      { topology: topologyOf(levels, new Map()) },
    );
    const [picture] = listsOf(scene, 'stack=l39').stacks;
    const drawn = html(picture?.[1] ?? '');
    expect(drawn.match(/class="box /g)).toHaveLength(mostBoxes);
    expect(drawn).toContain(`only ${mostBoxes} boxes are drawn`);
  });

  it('read names of disks once each, down to the whole disk, and as many as there are bounds for', async () => {
    const asked: string[] = [];
    const devices = Array.from({ length: 6000 }, (_, index) =>
      listed(`v${index}`, index, { dependencies: [`8:${index}`] }),
    );
    const topology = await readTopology({ devices: async () => devices }, (number) => {
      asked.push(number);
      const isPart = number === '8:1';
      return {
        name: `sd-${number}`,
        kind: isPart ? 'partition' : 'disk',
        sectors: 1,
        file: null,
        dependencies: isPart ? ['8:0'] : [],
      };
    });
    expect(asked.length).toBe(4096);
    expect(new Set(asked).size).toBe(asked.length);
    expect(topology.below('254:1')).toEqual(['8:1']);
    expect(topology.below('8:1')).toEqual(['8:0']);
    expect(isSameTopology(topology, topologyOf(devices, topology.blocks))).toBe(true);
    expect(isSameTopology(topology, topologyOf(devices.slice(1), topology.blocks))).toBe(false);
  });
});

describe('the verdict', () => {
  it.each([
    [{ failed: 0, warning: 0, busy: 0, ok: 0 }, 'There are no device-mapper volumes.'],
    [{ failed: 0, warning: 0, busy: 0, ok: 1 }, 'The only volume is well.'],
    [{ failed: 0, warning: 0, busy: 0, ok: 14 }, 'All 14 volumes are well.'],
    [{ failed: 0, warning: 0, busy: 2, ok: 12 }, 'All 14 volumes are well; 2 at work.'],
    [{ failed: 1, warning: 2, busy: 1, ok: 10 }, '1 of 14 volumes failed, 2 need a look, 1 at work.'],
    [{ failed: 0, warning: 1, busy: 0, ok: 0 }, '1 of 1 volume needs a look.'],
  ])('of %j is "%s"', (counts, sentence) => {
    expect(verdict(counts)).toBe(sentence);
  });
});

describe('the query of an address', () => {
  it('is read whatever it says, and written as it was read', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(fc.constantFrom('q', 'order', 'health', 'all', 'page', 'disks', 'stack', 'x'), text()),
        ),
        (pairs) => {
          const read = parsePageQuery(new URLSearchParams(pairs));
          expect(read.page).toBeGreaterThan(0);
          expect(read.filter.length).toBeLessThanOrEqual(256);
          const again = query(linkTo(read, {}).slice(1));
          expect(again).toEqual({
            ...read,
            filter: plain(read.filter, '\0'),
            stack: plain(read.stack, '\0'),
          });
        },
      ),
    );
  });
});

// What the escapes stand for.
function unescaped(markup: string): string {
  return markup.replace(/&(?:lt|gt|quot|amp|#39);/g, (reference) => references[reference] ?? '');
}

const references: Readonly<Record<string, string>> = {
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&amp;': '&',
  '&#39;': "'",
};

// A document cannot hold lone surrogates, nor the character 0.
function plain(given: string, zero = '\ufffd'): string {
  return given.replace(/\p{Cs}/gu, '\ufffd').replaceAll('\0', zero);
}
