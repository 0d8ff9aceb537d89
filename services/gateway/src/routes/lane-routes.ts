import { laneSchema, laneViewSchema } from '@backend2/contracts';
import { z } from 'zod';
import type { Dependencies } from '../http/dependencies.ts';
import { route, type Route } from '../http/route.ts';

const base = { tag: 'lanes', access: 'admin' } as const;

const actions = [
  ['pause', 'Pause a lane: what runs goes on, nothing further begins, over restarts too'],
  ['resume', 'Resume a lane'],
] as const;

export const laneRoutes = ({ tasks }: Dependencies): Route[] => [
  route({
    ...base,
    method: 'get',
    path: '/system/lanes',
    operationId: 'listLanes',
    summary: 'The lanes: whether they are paused, their workers, their backlog',
    answer: { status: 200, schema: z.object({ items: z.array(laneViewSchema) }) },
    handle: ({ principal, signal }) => tasks.call('lanes.list', { principal }, { signal }),
  }),
  ...actions.map(([action, summary]) =>
    route({
      ...base,
      method: 'post',
      path: `/system/lanes/:lane/${action}`,
      operationId: `${action}Lane`,
      summary,
      params: z.object({ lane: laneSchema }),
      answer: { status: 200, schema: laneViewSchema },
      handle: ({ principal, params }) => tasks.call(`lanes.${action}`, { principal, ...params }),
    }),
  ),
];
