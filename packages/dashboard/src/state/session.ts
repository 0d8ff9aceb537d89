import type { UserView } from '@backend2/contracts';
import { isAbort, wordsOf } from '../api/api.ts';
import type { Api } from '../api/api.ts';
import { createStore } from './store.ts';
import type { Store } from './store.ts';

export type SessionState =
  | { readonly phase: 'asking' }
  | { readonly phase: 'unreachable'; readonly reason: string }
  | { readonly phase: 'signed-out' }
  | { readonly phase: 'signed-in'; readonly user: UserView };

export interface PageSession {
  readonly state: Pick<Store<SessionState>, 'get' | 'subscribe'>;
  /** Asks the server who is signed in. */
  resume(): Promise<void>;
  /** Rejects with the words of the refusal. */
  signIn(email: string, password: string): Promise<void>;
  signOut(): Promise<void>;
  /** The server no longer knows the session. */
  ended(): void;
}

export const createPageSession = (api: () => Api): PageSession => {
  const state = createStore<SessionState>({ phase: 'asking' });
  const signedOut = (): void => state.set({ phase: 'signed-out' });
  return {
    state,
    resume: async () => {
      state.set({ phase: 'asking' });
      try {
        const user = await api().currentUser();
        state.set(user === null ? { phase: 'signed-out' } : { phase: 'signed-in', user });
      } catch (error) {
        if (!isAbort(error)) state.set({ phase: 'unreachable', reason: wordsOf(error) });
      }
    },
    signIn: async (email, password) => {
      state.set({ phase: 'signed-in', user: await api().signIn(email, password) });
    },
    signOut: async () => {
      await api().signOut().finally(signedOut);
    },
    ended: signedOut,
  };
};
