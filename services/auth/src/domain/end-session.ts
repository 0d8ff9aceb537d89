import type { Principal } from '@backend2/contracts';
import type { Revocations } from './revocations.ts';
import type { SessionStore } from './session-store.ts';

/** Signs out: the session's refresh tokens and every access token that came of it. Again is as good as once. */
export const endSession =
  (sessions: SessionStore, revocations: Revocations) =>
  async ({ userId }: Principal, sessionId: string): Promise<void> => {
    if (await sessions.revoke(sessionId, userId))
      await revocations.announce(userId, { kind: 'session', id: sessionId });
  };
