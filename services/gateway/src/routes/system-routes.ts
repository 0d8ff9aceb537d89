import {
  consumersViewSchema,
  deadLetterQuerySchema,
  deadLetterSchema,
  deadLetterSelectionSchema,
  handledDeadLettersSchema,
  healthViewSchema,
  pageSchema,
  workTopics,
  type WorkTopicName,
} from '@backend2/contracts';
import type { Dependencies } from '../http/dependencies.ts';
import { healthReport } from '../http/health-report.ts';
import { route, type Route } from '../http/route.ts';

const base = { tag: 'system', access: 'admin' } as const;

const handlings = [
  [
    'redrive',
    'Begin dead letters anew: a lane’s as a retry of their subtask, others back to the end of their stream',
  ],
  ['discard', 'Forget dead letters'],
] as const;

export const systemRoutes = ({ auth, tasks, health, readHealth }: Dependencies): Route[] => {
  const ownerOf = (topic: WorkTopicName) => (workTopics[topic].owner === 'auth' ? auth : tasks);
  return [
    route({
      ...base,
      method: 'get',
      path: '/system/health',
      operationId: 'getSystemHealth',
      summary: 'The verdict on the whole system, whatever it is',
      answer: { status: 200, schema: healthViewSchema },
      handle: () => healthReport(readHealth),
    }),
    route({
      ...base,
      method: 'get',
      path: '/system/consumers',
      operationId: 'listConsumers',
      summary: 'Every work stream: its backlog, its dead letters, who works it off',
      answer: { status: 200, schema: consumersViewSchema },
      handle: ({ principal, signal }) => health.call('consumers.list', { principal }, { signal }),
    }),
    route({
      ...base,
      method: 'get',
      path: '/system/dead-letters',
      operationId: 'listDeadLetters',
      summary: 'The dead letters of a stream, oldest first',
      query: deadLetterQuerySchema,
      answer: { status: 200, schema: pageSchema(deadLetterSchema) },
      handle: ({ principal, query, signal }) =>
        ownerOf(query.topic).call('deadLetters.list', { principal, query }, { signal }),
    }),
    ...handlings.map(([handling, summary]) =>
      route({
        ...base,
        method: 'post',
        path: `/system/dead-letters/${handling}`,
        operationId: `${handling}DeadLetters`,
        summary,
        description: '`more` says that some of `all` are left: ask again.',
        body: deadLetterSelectionSchema,
        audit: {
          details: ({ topic, entryIds }) => ({
            topic,
            entryIds: entryIds === 'all' ? entryIds : entryIds.slice(0, 20),
          }),
        },
        answer: { status: 200, schema: handledDeadLettersSchema },
        handle: ({ principal, body }) =>
          ownerOf(body.topic).call(`deadLetters.${handling}`, { principal, which: body }),
      }),
    ),
  ];
};
