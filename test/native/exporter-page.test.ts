import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DmError } from '../../lib/errors.ts';
import { keepScreen, openBrowser, type Visit, visit } from './support/browser.ts';
import {
  type Part,
  type ScriptedHost,
  type ServedPage,
  scriptedHost,
  servePage,
} from './support/page-host.ts';
import { sceneAt, sceneBefore, sceneDisks } from './support/page-scene.ts';

let browser: Browser;
const open: { close(): Promise<void> }[] = [];
let visits: Visit[] = [];

beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser?.close());
afterEach(async () => {
  const complaints = visits.flatMap((each) => each.complaints);
  for (const each of [...visits, ...open.splice(0)]) await each.close();
  visits = [];
  // Whatever a test looks at: nothing that the page does is an error or refused by its own policy.
  expect(complaints).toEqual([]);
});

interface Shown extends Visit {
  readonly host: ScriptedHost;
  readonly served: ServedPage;
}

async function shown(
  parts: readonly Part[],
  options: Parameters<typeof visit>[2] = {},
  path = '',
): Promise<Shown> {
  const host = scriptedHost(parts);
  const served = await servePage(host.source, sceneDisks, { interval: 100 });
  open.push(served);
  const seen = await visit(browser, served.url + path, options);
  visits.push(seen);
  return { ...seen, host, served };
}

/** Lets a story of some seconds happen, so that there are forecasts and changes. */
async function tell(host: ScriptedHost, seconds = 12): Promise<void> {
  const start = Date.now() - seconds * 1000;
  host.show(sceneBefore(), start - 60_000);
  for (let second = 0; second <= seconds; second++) {
    host.show(sceneAt(second), start + second * 1000);
    await new Promise((resolve) => setTimeout(resolve, 110));
  }
}

describe('the page in a browser', () => {
  it('moves the bar of a mirror as it syncs, in the same element, without being loaded again', async () => {
    const { page, host } = await shown(sceneAt(0));
    const bar = page.getByRole('progressbar', { name: 'data/mail: progress' });
    await expect.poll(() => page.locator('#live').textContent()).toBe('Live');
    const before = Number(await bar.getAttribute('aria-valuenow'));
    const element = await bar.elementHandle();
    host.show(sceneAt(20));
    await expect.poll(async () => Number(await bar.getAttribute('aria-valuenow'))).toBeGreaterThan(before);
    expect(await element?.evaluate((node) => (node as { isConnected?: boolean }).isConnected)).toBe(true);
    expect(await bar.getAttribute('aria-valuetext')).toMatch(/^\d+\.\d\d% done$/);
  });

  it('tells changes, forecasts and the verdict as they come', async () => {
    const { page, host } = await shown(sceneBefore(), { colorScheme: 'light' });
    await expect.poll(() => page.locator('#live').textContent()).toBe('Live');
    expect(await page.locator('.verdict').textContent()).toBe('2 of 11 volumes need a look, 2 at work.');
    await tell(host);
    await expect
      .poll(() => page.locator('.verdict').textContent())
      .toBe('1 of 11 volumes failed, 2 need a look, 2 at work.');
    await expect.poll(() => page.locator('.changes').textContent()).toContain('leg 2 failed');
    await expect.poll(() => page.locator('.volumes').textContent()).toMatch(/synced in \d/);
  });

  it('is dark where that is preferred, and legible in both', async () => {
    const papers: string[] = [];
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page, host } = await shown(sceneBefore(), { colorScheme });
      await tell(host);
      await expect.poll(() => page.locator('.volumes').textContent()).toMatch(/synced in \d/);
      await keepScreen(page, colorScheme, colorScheme === 'dark' ? 1160 : undefined);
      papers.push(await page.evaluate('getComputedStyle(document.body).backgroundColor'));
      // WCAG 2.2, 1.4.3: 4.5 to 1 for text.
      expect(await page.evaluate(faintTexts)).toEqual([]);
    }
    expect(papers).toEqual(['rgb(246, 245, 241)', 'rgb(19, 24, 26)']);
  });

  it('fits a screen of 320 pixels, whatever the names', async () => {
    const { page, host } = await shown(sceneBefore(), { viewport: { width: 320, height: 640 } });
    await tell(host);
    await expect.poll(() => page.locator('.volumes').textContent()).toMatch(/synced in \d/);
    await keepScreen(page, 'narrow', 1160);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(320);
    host.show([...sceneAt(20), ...oddParts]);
    await expect.poll(() => page.locator('.volumes').textContent()).toContain('WWWWWWWW');
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(320);
  });

  it('shows names as text, whatever they are, also those that come later', async () => {
    const { page, host } = await shown(sceneAt(0));
    await expect.poll(() => page.locator('#live').textContent()).toBe('Live');
    host.show([...sceneAt(1), ...oddParts]);
    await expect.poll(() => page.getByRole('row').count()).toBe(1 + 11 + oddParts.length);
    const live = await page.locator('.volumes .name a').allTextContents();
    await page.reload();
    const served = await page.locator('.volumes .name a').allTextContents();
    for (const texts of [live, served]) {
      expect(texts).toContain('<script>document.title="gone"</script>');
      expect(texts).toContain('"><img src=x onerror=alert(1)>');
      expect(texts).toContain('line\\x0abreak');
      expect(texts).toContain('\\u{202e}gnp.exe');
      expect(texts).toContain('__proto__');
      expect(texts).toContain('W'.repeat(127));
      expect(texts.join()).toContain('\ufffd\ufffd');
    }
    expect(await page.title()).toBe('Storage of storage-1');
    expect(await page.locator('script').count()).toBe(1);
    expect(await page.locator('img').count()).toBe(0);
  });

  it('lets no script of another make HTML or run on the page', async () => {
    const { page } = await shown(sceneAt(0));
    const refused = await page.evaluate(`(() => {
      const tried = [];
      for (const attempt of [
        () => { document.body.innerHTML = '<b>x</b>'; },
        () => { const made = document.createElement('script'); made.textContent = 'window.ran = 1'; document.body.append(made); },
        () => { document.getElementById('pause').setAttribute('onclick', 'window.ran = 1'); },
      ]) try { attempt(); tried.push('allowed'); } catch (error) { tried.push(error.name); }
      return [...tried, String(window.ran)];
    })()`);
    expect(refused).toEqual(['TypeError', 'TypeError', 'TypeError', 'undefined']);
    const visited = visits.at(-1);
    // These are what the browser says of the attempts; nothing else may be among them.
    expect(
      visited?.complaints.every((text) => /TrustedHTML|TrustedScript|Content Security Policy/.test(text)),
    ).toBe(true);
    visits = visits.filter((each) => each !== visited);
    await visited?.close();
  });

  it('keeps the focus and what was chosen while rows move', async () => {
    const { page, host } = await shown(sceneBefore());
    await expect.poll(() => page.locator('#live').textContent()).toBe('Live');
    const link = page.getByRole('link', { name: 'data/root-before', exact: true }).first();
    await page.locator('#q').fill('half typed');
    await link.focus();
    host.show(sceneAt(0));
    await expect.poll(() => page.locator('.volumes tbody tr').first().textContent()).toContain('failed');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('data/root-before');
    expect(await page.locator('#q').inputValue()).toBe('half typed');
  });

  it('can be paused, and shows what it has missed afterwards', async () => {
    const { page, host } = await shown(sceneAt(0));
    await expect.poll(() => page.locator('#live').textContent()).toBe('Live');
    const bar = page.getByRole('progressbar', { name: 'data/mail: progress' });
    await page.getByRole('button', { name: 'Pause' }).click();
    await expect.poll(() => page.locator('#live').textContent()).toBe('Paused');
    const before = await bar.getAttribute('aria-valuenow');
    host.show(sceneAt(30));
    await page.waitForTimeout(500);
    expect(await bar.getAttribute('aria-valuenow')).toBe(before);
    await page.getByRole('button', { name: 'Resume' }).click();
    await expect.poll(() => bar.getAttribute('aria-valuenow')).not.toBe(before);
    await expect.poll(() => page.locator('#live').textContent()).toBe('Live');
  });

  it('says when it is not live, and is again when the server is back', async () => {
    const { page, served, host } = await shown(sceneAt(0));
    await expect.poll(() => page.locator('#live').textContent()).toBe('Live');
    served.server.closeAllConnections();
    await expect.poll(() => page.locator('#live').textContent()).toBe('Not live: trying again');
    host.show(sceneAt(40));
    await expect.poll(() => page.locator('#live').textContent(), { timeout: 10_000 }).toBe('Live');
    const bar = page.getByRole('progressbar', { name: 'data/mail: progress' });
    expect(Number(await bar.getAttribute('aria-valuenow'))).toBeGreaterThan(45);
    const visited = visits.at(-1);
    expect(
      visited?.complaints.filter((text) => !/ERR_INCOMPLETE_CHUNKED|ERR_EMPTY_RESPONSE/.test(text)),
    ).toEqual([]);
    visits = visits.filter((each) => each !== visited);
    await visited?.close();
  });

  it('says why the kernel cannot be asked, shows what was known, and has it tried again', async () => {
    const { page, host } = await shown(sceneAt(0));
    await expect.poll(() => page.locator('#live').textContent()).toBe('Live');
    host.fail(new DmError({ reason: 'no-driver', errno: 2, operation: 'list', device: '', log: [] }));
    await expect
      .poll(() => page.getByRole('alert').textContent())
      .toContain('The kernel cannot be asked. list: ');
    await expect.poll(() => host.gathered).toBe(1);
    expect(await page.locator('.volumes tbody tr').count()).toBe(11);
    await page.reload();
    expect(await page.locator('.volumes tbody tr').count()).toBe(11);
    expect(await page.getByRole('alert').textContent()).toContain(
      'What shows below is what was known before.',
    );
    host.heal();
    // It is tried every five seconds.
    await expect.poll(() => page.locator('.notice').count(), { timeout: 15_000 }).toBe(0);
    host.show(sceneAt(50));
    await expect.poll(() => page.locator('.volumes').textContent()).toContain('51.39%');
  });
});

describe('the page without JavaScript', () => {
  const still = { javaScriptEnabled: false };

  it('is complete: volumes, disks, stacks', async () => {
    const { page } = await shown(sceneAt(0), still);
    const disks = async (): Promise<number> => {
      await page.reload();
      return page.locator('.disk').count();
    };
    await expect.poll(disks).toBe(5);
    expect(await page.locator('.volumes tbody tr').count()).toBe(11);
    expect(await page.locator('.stack').count()).toBe(4);
    expect(await page.locator('#pause').isVisible()).toBe(false);
    expect(await page.locator('#live').textContent()).toBe('');
  });

  it('filters, sorts and chooses by what a browser can do alone', async () => {
    const { page } = await shown(sceneAt(0), still);
    await page.getByRole('searchbox', { name: 'Filter' }).fill('FAST/');
    await page.getByRole('combobox', { name: 'Sort' }).selectOption('name');
    await page.getByRole('button', { name: 'Show' }).click();
    expect(await page.locator('.volumes .name a').allTextContents()).toEqual([
      'fast/db',
      'fast/vms',
      'fast/web-1',
    ]);
    await page.getByRole('link', { name: 'fast/web-1' }).first().click();
    expect(await page.locator('.stack figcaption').allTextContents()).toEqual([
      'fast/web-1 stands on 1 disk.',
    ]);
    await page.getByRole('link', { name: 'Show all' }).click();
    expect(await page.locator('.volumes tbody tr').count()).toBe(11);
  });

  it('loads itself again only for those who ask for it', async () => {
    const { page } = await shown(sceneAt(0), still);
    expect(await page.locator('meta[http-equiv=refresh]').count()).toBe(0);
    await page.getByRole('link', { name: 'Load it every 10 seconds' }).click();
    expect(await page.locator('meta[http-equiv=refresh]').getAttribute('content')).toBe('10');
    await page.getByRole('link', { name: 'Stop that' }).click();
    expect(await page.locator('meta[http-equiv=refresh]').count()).toBe(0);
  });
});

describe('the page by keyboard and by screen reader', () => {
  it('leads past everything to the volumes, then through all that can be used, and shows where one is', async () => {
    const { page } = await shown(sceneAt(0));
    await expect.poll(() => page.locator('.disk').count()).toBe(5);
    const stops: string[] = [];
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.getBoundingClientRect().left')).toBeGreaterThanOrEqual(
      0,
    );
    for (let press = 0; press < 60; press++) {
      const stop = await page.evaluate(`(() => {
        const active = document.activeElement;
        if (active === document.body) return '';
        const outline = getComputedStyle(active);
        const isSeen = outline.outlineStyle !== 'none' && parseFloat(outline.outlineWidth) >= 2;
        return (isSeen ? '' : 'UNSEEN ') + (active.labels?.[0]?.textContent ?? active.textContent);
      })()`);
      if (stop === '') break;
      stops.push(String(stop));
      await page.keyboard.press('Tab');
    }
    expect(stops.slice(0, 12)).toEqual([
      'Skip to the volumes',
      'Pause',
      '1failed',
      '2warning',
      '2busy',
      '6ok',
      'Filter',
      'Sort',
      'inner layers too',
      'Show',
      'data/root-before',
      'data/archive',
    ]);
    expect(stops.at(-1)).toBe('Metrics');
    expect(stops.filter((stop) => stop.startsWith('UNSEEN'))).toEqual([]);
  });

  it('has landmarks, headings, a table with headers, and bars that say what they are', async () => {
    const { page } = await shown(sceneAt(0));
    await expect.poll(() => page.locator('.disk').count()).toBe(5);
    const tree = await page.locator('body').ariaSnapshot();
    for (const line of [
      '- banner:',
      '- main:',
      '- contentinfo:',
      '- heading "Storage of storage-1" [level=1]',
      '- search:',
      '- searchbox "Filter"',
      '- table "Volumes":',
      '- columnheader "Forecast"',
      '- rowheader "data/home raid1, 200.00 GiB"',
      'progressbar "data/home: progress"',
      'meter "fast/vms: fill"',
      '- heading "If a disk dies" [level=2]',
      '- heading "nvme0n1" [level=3]',
      '- region "Latest changes":',
      '- list "Volumes by health":',
    ])
      expect(tree).toContain(line);
    const narrow = await page
      .setViewportSize({ width: 320, height: 640 })
      .then(() => page.locator('body').ariaSnapshot());
    expect(narrow).toContain('- columnheader "Forecast"');
    expect(narrow).toContain('- rowheader "data/home raid1, 200.00 GiB"');
  });

  it('tells a screen reader of a new verdict, not of each step', async () => {
    const { page, host } = await shown(sceneBefore());
    await expect.poll(() => page.locator('#live').textContent()).toBe('Live');
    await page.evaluate(`window.told = [];
      for (const region of document.querySelectorAll('[role=status], [role=alert], [aria-live]'))
        new MutationObserver(() => window.told.push(region.textContent)).observe(region, { subtree: true, childList: true, characterData: true });`);
    for (let second = 0; second < 8; second++) {
      host.show(
        sceneBefore().map(
          (part) => sceneAt(second).find(({ name }) => name === part.name && name === 'data-mail') ?? part,
        ),
      );
      await page.waitForTimeout(150);
    }
    expect(await page.evaluate('window.told')).toEqual([]);
    host.show(sceneAt(9));
    await expect
      .poll(() => page.evaluate('window.told'))
      .toEqual(['1 of 11 volumes failed, 2 need a look, 2 at work.']);
  });

  it('moves nothing for those who want less motion', async () => {
    const { page } = await shown(sceneAt(0), { reducedMotion: 'reduce' });
    expect(
      await page.evaluate(`[...document.querySelectorAll('*')].filter((each) => {
      const { transitionDuration, animationName } = getComputedStyle(each);
      return parseFloat(transitionDuration) > 0 || animationName !== 'none';
    }).length`),
    ).toBe(0);
  });
});

const oddNames = [
  '<script>document.title="gone"</script>',
  '"><img src=x onerror=alert(1)>',
  'line\\x0abreak',
  '\u202egnp.exe',
  '__proto__',
  'W'.repeat(127),
  '\\xff\\xfe\\x80',
  '&amp;',
];
const oddParts: readonly Part[] = oddNames.map((name, index) => ({
  name,
  uuid: null,
  minor: 200 + index,
  lines: ['0 8192 error '],
  on: ['8:48'],
}));

// Runs in the browser: the texts whose colour is too near to what is behind them.
const faintTexts = `(() => {
  const parse = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => (v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (element) => {
    for (let each = element; each !== null; each = each.parentElement) {
      const colour = parse(getComputedStyle(each).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const faint = [];
  for (const element of document.querySelectorAll('body *')) {
    const text = [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data.trim()).join('');
    if (text === '' || element.closest('noscript, .off') !== null) continue;
    const [a, b] = [light(parse(getComputedStyle(element).color)), light(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) faint.push(text + ' ' + ratio.toFixed(2));
  }
  return faint;
})()`;
