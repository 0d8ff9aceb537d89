import { maxDeliveries } from './stream-model.ts';

export const group = 'g';
export const leaseMs = 3_600_000;
/** Pages so small that a look has several. */
export const bounds = { promoteMost: 500, page: 3 };
export const turn = { group, leaseMs, maxDeliveries };
/** No lease is as long: it claims nothing. */
export const turnOfPromoting = { ...turn, leaseMs: 1e15 };
export const claim = { room: 2, suspects: 0, from: '-' };
