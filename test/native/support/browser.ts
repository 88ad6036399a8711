import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** Starts the system's chromium. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.DEVMAPPER_CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** A page in a browser, and what it complained of: errors on the console, exceptions, refusals by its policy. */
export interface Visit {
  readonly page: Page;
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

/** Opens an address in a browser of its own, so to speak. */
export async function visit(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(url);
  return { page, complaints, close: () => context.close() };
}

/**
 * Keeps a picture of the page, of so many pixels from its top or all of it, in the directory that DEVMAPPER_SCREENS
 * names; without it does nothing.
 */
export async function keepScreen(page: Page, name: string, height?: number): Promise<void> {
  const directory = process.env.DEVMAPPER_SCREENS;
  if (directory === undefined || directory === '') return;
  mkdirSync(directory, { recursive: true });
  const clip =
    height === undefined ? {} : { clip: { x: 0, y: 0, width: page.viewportSize()?.width ?? 0, height } };
  await page.screenshot({ path: join(directory, `exporter-page-${name}.png`), fullPage: true, ...clip });
}
