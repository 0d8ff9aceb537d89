import type { Revocation, RevocationEntities } from '@backend2/service-kit';
import type { SessionStore } from './session-store.ts';
import type { UserStore } from './user-store.ts';

export interface RestoreParts {
  readonly users: UserStore;
  readonly sessions: SessionStore;
  readonly entities: RevocationEntities;
  /** Of an access token: what was revoked longer ago has expired. */
  readonly tokenLifeMs: number;
}

/** Tells Redis again what Postgres knows, where Redis is new or has lost its data. Answers how many, or undefined where all was there. */
export const restoreRevocations = async (parts: RestoreParts): Promise<number | undefined> => {
  const { users, sessions, entities, tokenLifeMs } = parts;
  if (await entities.isIntact()) return undefined;
  const since = new Date(Date.now() - tokenLifeMs);
  const revocations: Revocation[] = [
    ...(await sessions.revokedSince(since)).map((id) => ({ kind: 'session' as const, id })),
    ...(await users.refusedSince(since)).map(({ userId, before }) => ({
      kind: 'user' as const,
      id: userId,
      before: before.getTime() / 1000,
    })),
  ];
  await entities.save(revocations);
  await entities.markIntact();
  return revocations.length;
};
