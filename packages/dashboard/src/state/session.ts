import { ApiError, createClient } from '@backend2/client';
import type { Client } from '@backend2/client';
import type { UserView } from '@backend2/contracts';
import { renewingOnce } from './kept-tokens.ts';
import type { KeptTokens } from './kept-tokens.ts';
import { createStore } from './store.ts';
import type { Store } from './store.ts';
import { wordsOf } from './words.ts';

type SessionState =
  | { readonly phase: 'asking' }
  | { readonly phase: 'unreachable'; readonly reason: string }
  | { readonly phase: 'signed-out' }
  | { readonly phase: 'signed-in'; readonly user: UserView };

export interface PageSession {
  readonly client: Client;
  readonly state: Pick<Store<SessionState>, 'get' | 'subscribe'>;
  /** Asks the server whose the kept tokens are. */
  resume(): Promise<void>;
  /** Rejects with the words of the refusal. */
  signIn(email: string, password: string): Promise<void>;
  signOut(): Promise<void>;
  /** Another tab signed out, or the server no longer knows the session. */
  end(): void;
}

export interface PageSessionOptions {
  readonly kept: KeptTokens;
  readonly fetch: typeof fetch;
  readonly lock: Parameters<typeof renewingOnce>[2];
  /** Told when the cookie that lets pictures load could not be had. */
  readonly onPicturesRefused: (error: unknown) => void;
}

export const createPageSession = ({
  kept,
  fetch,
  lock,
  onPicturesRefused,
}: PageSessionOptions): PageSession => {
  const state = createStore<SessionState>({ phase: 'asking' });
  const tokens = kept.load();
  const client = createClient({
    baseUrl: '',
    ...(tokens === undefined ? {} : { tokens }),
    fetch: renewingOnce(fetch, kept, lock),
    onTokens: (changed) => {
      kept.save(changed);
      if (changed === undefined) state.set({ phase: 'signed-out' });
      else if (state.get().phase === 'signed-in') void allowImages(); // renewed
    },
  });
  const allowImages = (): Promise<void> => client.auth.allowImages().catch(onPicturesRefused);

  const enter = async (): Promise<void> => {
    const user = await client.auth.me();
    await allowImages();
    state.set({ phase: 'signed-in', user });
  };

  return {
    client,
    state,
    resume: async () => {
      if (!client.auth.signedIn) return state.set({ phase: 'signed-out' });
      state.set({ phase: 'asking' });
      try {
        await enter();
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) state.set({ phase: 'signed-out' });
        else if (state.get().phase === 'asking') state.set({ phase: 'unreachable', reason: wordsOf(error) });
      }
    },
    signIn: async (email, password) => {
      await client.auth.signIn(email, password);
      await enter();
    },
    signOut: () => client.auth.signOut(),
    end: () => state.set({ phase: 'signed-out' }),
  };
};
