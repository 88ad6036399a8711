import { createHash } from 'node:crypto';
import { icon } from './icon.ts';
import { script } from './script.ts';
import { style } from './style.ts';

/** A file that the page needs. */
export interface Asset {
  readonly type: string;
  readonly body: string;
}

/** The page's files by their paths, as they are relative to it. */
export const assets: ReadonlyMap<string, Asset> = new Map([
  ['page.css', { type: 'text/css; charset=utf-8', body: style }],
  ['page.js', { type: 'text/javascript; charset=utf-8', body: script }],
  ['page.svg', { type: 'image/svg+xml', body: icon }],
]);

/** Changes with the content of any of the files, so that a browser may keep them for ever. */
export const assetsVersion = createHash('sha256')
  .update([...assets.values()].map(({ body }) => body).join('\0'))
  .digest('base64url')
  .slice(0, 12);
