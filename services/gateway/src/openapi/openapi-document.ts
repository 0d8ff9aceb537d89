import { healthViewSchema, problemSchema } from '@backend2/contracts';
import type { z } from 'zod';
import type { Route } from '../http/route.ts';
import { ComponentSchemas, type JsonSchema } from './component-schemas.ts';
import { requestExamples } from './request-examples.ts';

type Refusals = Readonly<Record<string, number>>;

const signedInRefusals: Refusals = {
  token_missing: 401,
  token_expired: 401,
  token_invalid: 401,
  token_revoked: 401,
};
const everyRouteRefusals: Refusals = { rate_limited: 429, internal: 500, no_answer: 503, breaker_open: 503 };
const bodyRefusals: Refusals = {
  malformed_json: 400,
  body_missing: 400,
  body_too_deep: 400,
  body_too_large: 413,
  unsupported_media_type: 415,
  validation_failed: 422,
};
const idempotencyRefusals: Refusals = { idempotency_key_in_use: 409, idempotency_key_reused: 422 };

/** Every code a route may refuse with, and its status. */
export const refusalsOf = (route: Route): Refusals => ({
  ...everyRouteRefusals,
  ...(route.access === 'public' ? {} : signedInRefusals),
  ...(route.access === 'admin' ? { admin_only: 403 } : {}),
  ...(route.params ? { not_found: 404 } : {}),
  ...(route.query ? { validation_failed: 422 } : {}),
  ...(route.body ? bodyRefusals : {}),
  ...(route.idempotent ? idempotencyRefusals : {}),
  ...route.refusals,
});

/** OpenAPI 3.1 of the routes that are served: it cannot say other than what they do. */
export const openApiDocument = (routes: readonly Route[], apiPrefix: string): JsonSchema => {
  const components = new ComponentSchemas();
  components.of(problemSchema, 'output');
  const paths: Record<string, JsonSchema> = { '/health': { get: health(components) } };
  for (const route of routes) {
    const path = apiPrefix + route.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method]: operation(route, components) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Backend2',
      version: '1.0.0',
      description:
        'Runs large sweeps of slow, costly jobs and shows the results as a matrix. Errors are RFC 9457 problems with a stable `code`.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: components.all,
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        cookie: { type: 'apiKey', in: 'cookie', name: 'backend2_session' },
      },
    },
  };
};

const operation = (route: Route, components: ComponentSchemas): JsonSchema => ({
  operationId: route.operationId,
  tags: [route.tag],
  summary: route.summary,
  ...(route.description ? { description: route.description } : {}),
  security: route.access === 'public' ? [] : [{ bearer: [] }, ...(route.cookie ? [{ cookie: [] }] : [])],
  ...(route.access === 'admin' ? { 'x-role': 'admin' } : {}),
  parameters: [
    ...parameters(route.params, 'path', components),
    ...parameters(route.query, 'query', components),
    ...(route.idempotent ? [idempotencyKey] : []),
  ],
  ...(route.body ? { requestBody: requestBody(route, route.body, components) } : {}),
  responses: { [route.answer.status]: success(route, components), ...refusalResponses(route) },
});

const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'Drawn anew for every new request; a repeated request with it gets the first answer, for 24 hours.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
};

const parameters = (
  schema: z.ZodType | undefined,
  place: 'path' | 'query',
  components: ComponentSchemas,
): JsonSchema[] => {
  if (!schema) return [];
  const made = components.of(schema, 'input');
  const required = (made['required'] ?? []) as string[];
  return Object.entries((made['properties'] ?? {}) as Record<string, JsonSchema>).map(([name, of]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: of,
  }));
};

const requestBody = (route: Route, schema: z.ZodType, components: ComponentSchemas): JsonSchema => {
  const example = requestExamples[route.operationId];
  const content = {
    schema: components.of(schema, 'input'),
    ...(example === undefined ? {} : { example }),
  };
  const types = route.bodyTypes ?? ['application/json'];
  return { required: true, content: Object.fromEntries(types.map((type) => [type, content])) };
};

const success = ({ answer }: Route, components: ComponentSchemas): JsonSchema => {
  const content = answer.schema
    ? { 'application/json': { schema: components.of(answer.schema, 'output') } }
    : Object.fromEntries((answer.types ?? []).map((type) => [type, {}]));
  return {
    description: answer.status === 202 ? 'Accepted' : 'Done',
    ...(Object.keys(content).length > 0 ? { content } : {}),
  };
};

const refusalResponses = (route: Route): Record<string, JsonSchema> => {
  const byStatus = Map.groupBy(Object.entries(refusalsOf(route)), ([, status]) => status);
  const type = route.oauthErrors ? 'application/json' : 'application/problem+json';
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      String(status),
      {
        description: codes.map(([code]) => `\`${code}\``).join(', '),
        content: { [type]: { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    ]),
  );
};

const health = (components: ComponentSchemas): JsonSchema => {
  const content = { 'application/health+json': { schema: components.of(healthViewSchema, 'output') } };
  return {
    operationId: 'getHealth',
    tags: ['system'],
    summary: 'One verdict on the whole system, and the state of its parts',
    security: [],
    responses: { 200: { description: 'pass or warn', content }, 503: { description: 'fail', content } },
  };
};
