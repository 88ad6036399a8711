import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pageHandler } from '../../lib/exporter/page/handler.ts';
import { openSource } from '../../lib/exporter/source.ts';
import { openBrowser, visit } from '../native/support/browser.ts';
import { type TestDisk, testDisk } from './support/disks.ts';
import { dmCreate, dmRemove, later } from './support/lab.ts';

const sectors = 65_536;
let first: TestDisk;
let second: TestDisk;

beforeAll(async () => {
  first = await testDisk('page-first', 32);
  second = await testDisk('page-second', 32);
});
afterAll(async () => {
  await second.heal();
});

it('a browser sees the bar of a real mirror move until it is in sync, without loading the page again', async () => {
  const source = openSource({ interval: 200 });
  later(async () => source.close());
  const page = pageHandler(source, { interval: 200 });
  const server = createServer((request, response) => {
    if (!page(request, response)) response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  later(async () => {
    page.close();
    server.closeAllConnections();
    server.close();
  });
  const browser = await openBrowser();
  later(() => browser.close());
  const seen = await visit(browser, `http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const patient = { timeout: 60_000, interval: 200 };
  await expect.poll(() => seen.page.locator('#live').textContent(), patient).toBe('Live');
  await seen.page.evaluate('window.isTheSame = true');

  await second.slow(1000);
  await dmCreate(
    'page-mirror',
    `0 ${sectors} mirror core 1 1024 2 ${first.device} 0 ${second.device} 0 1 handle_errors`,
  );
  const bar = seen.page.getByRole('progressbar', { name: 'page-mirror: progress' });
  const values: number[] = [];
  const observed = async (): Promise<number> => {
    const value = Number(await bar.getAttribute('aria-valuenow'));
    if (value !== values.at(-1)) values.push(value);
    return values.length;
  };
  await expect.poll(observed, patient).toBeGreaterThan(4);
  const row = seen.page.getByRole('row').filter({ hasText: 'page-mirror' });
  expect(await row.textContent()).toContain('busy');
  await second.heal();
  await expect.poll(() => row.textContent(), patient).toContain('100.00%');
  await observed();
  expect(values).toEqual([...values].sort((a, b) => a - b));
  expect(values.at(-1)).toBe(100);
  await expect.poll(() => seen.page.locator('.changes').textContent(), patient).toContain('in sync');

  // The loop disks that carry both legs are found below the test disks in front of them.
  const cards = seen.page.locator('.disk').filter({ hasText: 'page-mirror' });
  await expect.poll(() => cards.count(), patient).toBe(2);
  await expect.poll(async () => (await cards.allTextContents()).join(), patient).toContain('keeps running');
  expect(await seen.page.evaluate('window.isTheSame')).toBe(true);
  expect(seen.complaints).toEqual([]);
  await dmRemove('page-mirror');
  await expect.poll(() => row.count(), patient).toBe(0);
});
