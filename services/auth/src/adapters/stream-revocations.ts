import { control, DomainError } from '@backend2/contracts';
import { metricNames, type Metrics, type Revocation, type RevocationEntities } from '@backend2/service-kit';
import type { Streams } from '@backend2/streams';
import type { Revocations } from '../domain/revocations.ts';

/** Kept first, then told: a gateway that starts between the two reads it. */
export const streamRevocations = (
  streams: Streams,
  entities: RevocationEntities,
  metrics: Metrics,
): Revocations => {
  const orders = streams.broadcast(control);
  const count = metrics.counter(metricNames.tokensRevoked, 'Revocations announced', ['kind']);
  const announce = async (userId: string, revocation: Revocation): Promise<void> => {
    await entities.save([revocation]);
    const { kind, id } = revocation;
    await orders.publish({
      type: 'revoke',
      userId,
      ...(kind === 'user' && { before: revocation.before }),
      ...(kind === 'session' && { sessionId: id }),
      ...(kind === 'token' && { tokenId: id }),
    });
    count.inc({ kind });
  };
  const revocations: Revocations = {
    owes: true,
    announce: async (userId, revocation) => {
      try {
        await announce(userId, revocation);
      } catch (cause) {
        revocations.owes = true;
        const late = new DomainError(
          'unavailable',
          'revocation_late',
          'It is done, but not every gateway may know it yet. It takes effect everywhere as soon as Redis is back.',
          { retryAfterSeconds: 5 },
        );
        throw Object.assign(late, { cause });
      }
    },
  };
  return revocations;
};
