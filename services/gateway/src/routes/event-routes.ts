import { serveEvents } from '../events/serve-events.ts';
import type { Dependencies } from '../http/dependencies.ts';
import { route, type Route } from '../http/route.ts';
import { ofTask } from './task-routes.ts';

const base = {
  method: 'get',
  access: 'user',
  tag: 'events',
  answer: { status: 200, types: ['text/event-stream'] },
  refusals: {
    last_event_id_malformed: 400,
    not_acceptable: 406,
    too_many_event_streams: 429,
    event_streams_full: 503,
  },
} as const;

export const eventRoutes = ({ tasks, events }: Dependencies): Route[] => [
  route({
    ...base,
    path: '/tasks/:taskId/events',
    operationId: 'streamTaskEvents',
    summary: 'Changes of a task and its subtasks, as server-sent events',
    description: 'Resumes after `Last-Event-ID` without gap or repeat; `reset` says that it could not.',
    params: ofTask,
    handle: async (call) => {
      const { principal, params, signal } = call;
      await tasks.call('tasks.get', { principal, ...params }, { signal });
      await serveEvents(events, call, params);
    },
  }),
  route({
    ...base,
    path: '/events',
    operationId: 'streamEvents',
    summary: 'Changes of all my tasks, as server-sent events',
    handle: (call) => serveEvents(events, call, { ownerId: call.principal.userId }),
  }),
];
