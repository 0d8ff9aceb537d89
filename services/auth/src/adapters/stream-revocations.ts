import { control } from '@backend2/contracts';
import { metricNames, type Metrics, type RevocationEntities } from '@backend2/service-kit';
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
  return {
    announce: async (userId, revocation) => {
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
    },
  };
};
