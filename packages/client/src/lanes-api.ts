import { laneViewSchema, type Lane, type LaneView } from '@backend2/contracts';
import { z } from 'zod';
import type { Transport } from './transport.ts';

const all = z.object({ items: z.array(laneViewSchema) });

/** For admins. */
export const lanesApi = (transport: Transport) => {
  const change = (lane: Lane, action: string): Promise<LaneView> =>
    transport.json(
      { method: 'POST', path: `/system/lanes/${encodeURIComponent(lane)}/${action}`, repeatable: true },
      laneViewSchema,
    );
  return {
    list: async (): Promise<LaneView[]> =>
      (await transport.json({ method: 'GET', path: '/system/lanes' }, all)).items,
    /** What runs goes on; nothing further begins until it is resumed, over restarts too. */
    pause: (lane: Lane): Promise<LaneView> => change(lane, 'pause'),
    resume: (lane: Lane): Promise<LaneView> => change(lane, 'resume'),
  };
};
export type LanesApi = ReturnType<typeof lanesApi>;
