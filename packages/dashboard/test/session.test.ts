import test from 'ava';
import { keptIn, renewingOnce } from '../src/state/kept-tokens.ts';

const memoryStorage = (): Storage => {
  const entries = new Map<string, string>();
  return {
    get length() {
      return entries.size;
    },
    clear: () => entries.clear(),
    getItem: (key) => entries.get(key) ?? null,
    key: (index) => [...entries.keys()][index] ?? null,
    removeItem: (key) => void entries.delete(key),
    setItem: (key, value) => void entries.set(key, value),
  };
};

/** One at a time, as the browser's locks do over tabs. */
const queue = () => {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(run: () => Promise<T>): Promise<T> => {
    const mine = last.then(run);
    last = mine.catch(() => undefined);
    return mine;
  };
};

const refresh = (token: string): RequestInit => ({
  method: 'POST',
  body: JSON.stringify({ grant_type: 'refresh_token', refresh_token: token }),
});

test('of two tabs that renew at once only one spends the refresh token, and both get the new session', async (t) => {
  const kept = keptIn(memoryStorage());
  kept.save({ accessToken: 'old', refreshToken: 'r1', expiresAt: 0 });
  let spent = 0;
  const server: typeof fetch = () => {
    spent += 1;
    return Promise.resolve(
      Response.json({ access_token: `a${spent}`, token_type: 'Bearer', expires_in: 60, refresh_token: 'r2' }),
    );
  };
  const tab = renewingOnce(server, kept, queue());
  const answers = await Promise.all([tab('/auth/token', refresh('r1')), tab('/auth/token', refresh('r1'))]);
  t.is(spent, 1);
  for (const answer of answers) {
    const body = (await answer.json()) as { access_token: string; refresh_token: string };
    t.deepEqual([body.access_token, body.refresh_token], ['a1', 'r2']);
  }
  t.is(kept.load()?.refreshToken, 'r2');
});

test('a refused renewal is passed on and keeps nothing', async (t) => {
  const kept = keptIn(memoryStorage());
  const tab = renewingOnce(() => Promise.resolve(new Response('{}', { status: 401 })), kept, queue());
  t.is((await tab('/auth/token', refresh('r1'))).status, 401);
  t.is(kept.load(), undefined);
});

test('a kept session that cannot be read counts as none', (t) => {
  const storage = memoryStorage();
  storage.setItem('backend2.session', '{"accessToken": 5');
  t.is(keptIn(storage).load(), undefined);
  storage.setItem('backend2.session', '{"accessToken": 5}');
  t.is(keptIn(storage).load(), undefined);
});
