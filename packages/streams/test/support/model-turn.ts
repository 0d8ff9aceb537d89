import { maxDeliveries, releasedName } from './stream-model.ts';

export const group = 'g';
export const leaseMs = 3_600_000;
/** Pages so small that a look has several. */
export const turn = { group, leaseMs, maxDeliveries, room: 2, promoteMost: 500, page: 3, releasedName };
/** No lease is as long. */
export const claimsNothing = { ...turn, leaseMs: 1e15, room: 0, releasedName: 'nobody' };
