import { auditEntrySchema, auditQuerySchema, pageSchema } from '@backend2/contracts';
import type { Dependencies } from '../http/dependencies.ts';
import { route, type Route } from '../http/route.ts';

export const auditRoutes = ({ auth }: Dependencies): Route[] => [
  route({
    method: 'get',
    path: '/audit',
    access: 'admin',
    operationId: 'listAudit',
    tag: 'audit',
    summary: 'Who changed what, when and from where, the newest first',
    description:
      'Every change that a person or a key asked for, also a refused one. `targetId` finds what was done to one thing. An entry appears within a moment of its change.',
    query: auditQuerySchema,
    answer: { status: 200, schema: pageSchema(auditEntrySchema) },
    handle: ({ principal, query, signal }) => auth.call('audit.list', { principal, query }, { signal }),
  }),
];
