import type { Revocation, RevocationEntities } from '@backend2/service-kit';
import type { Revocations } from './revocations.ts';
import type { SessionStore } from './session-store.ts';
import type { UserStore } from './user-store.ts';

export interface RestoreParts {
  readonly users: UserStore;
  readonly sessions: SessionStore;
  readonly revocations: Revocations;
  readonly entities: RevocationEntities;
  /** Of an access token: what was revoked longer ago has expired. */
  readonly tokenLifeMs: number;
}

/**
 * Tells Redis again what Postgres knows, where Redis has lost its data, or was away when something was to be announced. Gateways
 * read it within half a minute. Answers how many, or undefined where all was there.
 */
export const restoreRevocations = async (parts: RestoreParts): Promise<number | undefined> => {
  const { revocations: announced, entities } = parts;
  if (!announced.owes && (await entities.isIntact())) return undefined;
  // Before Postgres is read: what fails to be announced from now on is owed anew.
  announced.owes = false;
  try {
    const revocations = await known(parts);
    await entities.save(revocations);
    await entities.markIntact();
    return revocations.length;
  } catch (error) {
    announced.owes = true;
    throw error;
  }
};

const known = async ({ users, sessions, tokenLifeMs }: RestoreParts): Promise<Revocation[]> => {
  const since = new Date(Date.now() - tokenLifeMs);
  return [
    ...(await sessions.revokedSince(since)).map((id) => ({ kind: 'session' as const, id })),
    ...(await users.refusedSince(since)).map(({ userId, before }) => ({
      kind: 'user' as const,
      id: userId,
      before: before.getTime() / 1000,
    })),
  ];
};
