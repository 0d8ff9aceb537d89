import { control, type ControlMessage } from '@backend2/contracts';
import type { Streams } from '@backend2/streams';
import type { RevocationEntities } from '../entities/revocation-entities.ts';
import type { Service } from '../lifecycle/service.ts';
import type { Log } from '../log/create-log.ts';
import type { AccessClaims } from './access-tokens.ts';

/** Which access tokens this process must refuse. */
export interface RevocationList extends Service {
  isRevoked(claims: Pick<AccessClaims, 'userId' | 'sessionId' | 'tokenId' | 'issuedAt'>): boolean;
  idleMs(): number;
}

export interface RevocationListSetup {
  readonly streams: Streams;
  readonly entities: RevocationEntities;
  readonly log: Log;
  /** At least an access token's life, after which an entry is forgotten. */
  readonly keepSeconds: number;
  /** Read again this often, in case a message was lost with Redis's data. Default 30,000. */
  readonly rereadMs?: number;
}

/** Hears of revocations as they happen and knows those from before its start; lookups are local. */
export const revocationList = (setup: RevocationListSetup): RevocationList => {
  const { streams, entities, log, keepSeconds, rereadMs = 30_000 } = setup;
  const usersBefore = new Map<string, { before: number; forgetAt: number }>();
  const ended = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;

  const forgetAt = () => Date.now() + keepSeconds * 1000;
  const refuseUser = (id: string, before: number) => {
    if (before > (usersBefore.get(id)?.before ?? 0)) usersBefore.set(id, { before, forgetAt: forgetAt() });
  };
  const refuse = (key: string) => {
    if (!ended.has(key)) ended.set(key, forgetAt());
  };

  const hear = (message: ControlMessage) => {
    if (message.type !== 'revoke') return;
    const { userId, before, sessionId, tokenId } = message;
    if (sessionId !== undefined) refuse(`session:${sessionId}`);
    if (tokenId !== undefined) refuse(`token:${tokenId}`);
    if (sessionId === undefined && tokenId === undefined) refuseUser(userId, before ?? Date.now() / 1000);
  };
  const subscription = streams.broadcast(control).subscribe({ handler: ({ payload }) => hear(payload) });

  const reread = async () => {
    for (const revocation of await entities.all()) {
      if (revocation.kind === 'user') refuseUser(revocation.id, revocation.before);
      else refuse(`${revocation.kind}:${revocation.id}`);
    }
    const now = Date.now();
    for (const [key, at] of ended) if (at < now) ended.delete(key);
    for (const [key, entry] of usersBefore) if (entry.forgetAt < now) usersBefore.delete(key);
  };

  return {
    name: 'revocation-list',
    idleMs: () => subscription.idleMs(),
    isRevoked: ({ userId, sessionId, tokenId, issuedAt }) =>
      ended.has(`session:${sessionId}`) ||
      ended.has(`token:${tokenId}`) ||
      issuedAt < (usersBefore.get(userId)?.before ?? 0),
    start: async () => {
      // Listening first: what is revoked between the two is heard, not missed.
      await subscription.start();
      await reread();
      timer = setInterval(() => {
        reread().catch((error: unknown) => log.warn({ err: error }, 'revocations could not be read again'));
      }, rereadMs);
    },
    stop: async (hard) => {
      clearInterval(timer);
      await subscription.stop(hard);
    },
  };
};
