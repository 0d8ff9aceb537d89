import { z } from 'zod';
import { laneSchema, laneViewSchema } from '../lanes.ts';
import { principalSchema } from '../principal.ts';

const ofLane = z.object({ principal: principalSchema, lane: laneSchema });

/** For admins. */
export const laneMethods = {
  'lanes.list': {
    request: z.object({ principal: principalSchema }),
    response: z.object({ items: z.array(laneViewSchema) }),
  },
  'lanes.pause': { request: ofLane, response: laneViewSchema },
  'lanes.resume': { request: ofLane, response: laneViewSchema },
} as const;
