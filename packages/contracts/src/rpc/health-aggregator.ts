import { z } from 'zod';
import { consumersViewSchema } from '../consumers.ts';
import { principalSchema } from '../principal.ts';
import { rpcContract } from './method.ts';

export const healthAggregatorRpc = rpcContract('rpc:health-aggregator', {
  /** For admins. */
  'consumers.list': { request: z.object({ principal: principalSchema }), response: consumersViewSchema },
});
export type HealthAggregatorRpc = (typeof healthAggregatorRpc)['methods'];
