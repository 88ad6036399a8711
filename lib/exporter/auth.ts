import { createHmac, randomBytes } from 'node:crypto';
import { openBcrypt } from './bcrypt.ts';

/** Whether a request may be answered. `busy`: too many passwords are being compared at this moment. */
export type Verdict = 'allowed' | 'denied' | 'busy';

/** Basic authentication (RFC 7617) by bcrypt hashes. */
export interface Auth {
  /**
   * Judges the header `Authorization` of a client, by default one and the same. With no users everybody is allowed. The
   * passwords of one client can keep no other from being compared.
   */
  judge(
    users: ReadonlyMap<string, string>,
    authorization: string | undefined,
    client?: string,
  ): Promise<Verdict>;
  close(): void;
}

/**
 * Remembers what it has compared, as the toolkit does: bcrypt is made to be slow, and a scrape comes every few seconds. It
 * keeps no passwords, but keyed digests of them; and right ones apart, so that no number of wrong ones pushes them out.
 */
export function openAuth(): Auth {
  const bcrypt = openBcrypt();
  const secret = randomBytes(32);
  const right = new Set<string>();
  const wrong = new Set<string>();
  const pending = new Map<string, Promise<boolean | undefined>>();

  const digest = (parts: readonly string[]): string =>
    createHmac('sha256', secret).update(JSON.stringify(parts)).digest('base64');

  const compare = (
    key: string,
    password: string,
    hash: string,
    client: string,
  ): Promise<boolean | undefined> => {
    if (right.has(key)) return Promise.resolve(true);
    if (wrong.has(key)) return Promise.resolve(false);
    const known = pending.get(key);
    if (known !== undefined) return known;
    const comparing = bcrypt
      .compare(password, hash, client)
      .then((isRight) => {
        if (isRight !== undefined) remember(isRight ? right : wrong, key);
        return isRight;
      })
      .finally(() => pending.delete(key));
    pending.set(key, comparing);
    return comparing;
  };

  return {
    async judge(users, authorization, client = '') {
      if (users.size === 0) return 'allowed';
      const given = credentials(authorization);
      if (given === undefined) return 'denied';
      const { user, password } = given;
      const own = users.get(user);
      // A user that there is not costs what one that there is costs: it is compared with the hash of one of them.
      const hash = own ?? standIn(users, digest([user]));
      const isRight = await compare(digest([user, hash, password]), password, hash, client);
      if (isRight === undefined) return 'busy';
      return isRight && own !== undefined ? 'allowed' : 'denied';
    },
    close: () => bcrypt.close(),
  };
}

const mostRemembered = 100;

function remember(keys: Set<string>, key: string): void {
  const [oldest] = keys;
  if (keys.size >= mostRemembered && oldest !== undefined) keys.delete(oldest);
  keys.add(key);
}

function standIn(users: ReadonlyMap<string, string>, digest: string): string {
  const hashes = [...users.values()];
  return hashes[Buffer.from(digest, 'base64').readUInt32LE() % hashes.length] ?? '';
}

function credentials(
  authorization: string | undefined,
): { readonly user: string; readonly password: string } | undefined {
  const [, encoded] = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(authorization ?? '') ?? [];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString();
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}
