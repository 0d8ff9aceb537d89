import type { Tokens } from '@backend2/client';
import { tokenResponseSchema } from '@backend2/contracts';
import { z } from 'zod';

const key = 'backend2.session';
const keptSchema = z.object({
  accessToken: z.string(),
  refreshToken: z.string().optional(),
  expiresAt: z.number().optional(),
});

/** The session every tab of this browser shares. */
export interface KeptTokens {
  load(): Tokens | undefined;
  save(tokens: Tokens | undefined): void;
}

export const keptIn = (storage: Storage): KeptTokens => ({
  load: () => {
    const text = storage.getItem(key);
    if (text === null) return undefined;
    try {
      return keptSchema.safeParse(JSON.parse(text)).data;
    } catch {
      return undefined; // not ours, or cut short: as good as none
    }
  },
  save: (tokens) => {
    if (tokens === undefined) storage.removeItem(key);
    else storage.setItem(key, JSON.stringify(tokens));
  },
});

/** Whether a `storage` event tells that another tab signed out. */
export const saysSignedOut = (event: StorageEvent): boolean => event.key === key && event.newValue === null;

const refreshSchema = z.object({ grant_type: z.literal('refresh_token'), refresh_token: z.string() });

const refreshTokenIn = (init: RequestInit | undefined): string | undefined => {
  if (typeof init?.body !== 'string' || !init.body.includes('refresh_token')) return undefined;
  return refreshSchema.safeParse(JSON.parse(init.body)).data?.refresh_token;
};

/** Runs one at a time over all tabs; where the browser has no locks (plain HTTP), just runs. */
type Lock = <T>(run: () => Promise<T>) => Promise<T>;

export const tabLock: Lock = (run) =>
  'locks' in navigator ? navigator.locks.request('backend2.renewal', run) : run();

/**
 * A `fetch` under which tabs share one renewal. A refresh token works once and its second use ends the
 * session, so a tab that comes second is answered with what the first one was given.
 */
export const renewingOnce =
  (send: typeof fetch, kept: KeptTokens, lock: Lock): typeof fetch =>
  (input, init) => {
    const refreshToken = refreshTokenIn(init);
    if (refreshToken === undefined) return send(input, init);
    return lock(async () => {
      const latest = kept.load();
      if (latest?.refreshToken !== undefined && latest.refreshToken !== refreshToken) {
        return Response.json({
          access_token: latest.accessToken,
          token_type: 'Bearer',
          expires_in: Math.max(0, Math.floor(((latest.expiresAt ?? 0) - Date.now()) / 1000)),
          refresh_token: latest.refreshToken,
        });
      }
      const response = await send(input, init);
      if (response.ok) {
        // Kept before the lock is given on, or the next tab would send the spent token.
        const answer = tokenResponseSchema.parse(await response.clone().json());
        kept.save({
          accessToken: answer.access_token,
          refreshToken: answer.refresh_token,
          expiresAt: Date.now() + answer.expires_in * 1000,
        });
      }
      return response;
    });
  };
