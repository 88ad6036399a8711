import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';

/** Whether a client takes gzip, by its header `Accept-Encoding` (RFC 9110, section 12.5.3). */
export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  let any = false;
  for (const part of (acceptEncoding ?? '').split(',').slice(0, mostCodings)) {
    const [coding = '', ...parameters] = part.split(';').map((each) => each.trim().toLowerCase());
    const isRefused = parameters.some((parameter) => /^q=0(?:\.0{0,3})?$/.test(parameter));
    if (coding === 'gzip' || coding === 'x-gzip') return !isRefused;
    if (coding === '*') any = !isRefused;
  }
  return any;
}

/** Compresses in a thread of libuv's pool, for speed: metrics are repetitive enough. */
export function compress(body: Buffer): Promise<Buffer> {
  return promisify(gzip)(body, { level: constants.Z_BEST_SPEED });
}

const mostCodings = 32;
