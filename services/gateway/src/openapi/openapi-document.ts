import { healthViewSchema, type HealthView } from '@backend2/contracts';
import type { z } from 'zod';
import { scopesOf, type Route } from '../http/route.ts';
import { ComponentSchemas, type JsonSchema } from './component-schemas.ts';
import { answerExamples } from './examples/answer-examples.ts';
import { fileExamples } from './examples/file-examples.ts';
import { requestExamples } from './examples/request-examples.ts';
import { failing, passing } from './examples/system-examples.ts';
import { RefusalResponses } from './refusal-responses.ts';
import { webhookMessages } from './webhook-messages.ts';

/** OpenAPI 3.1 of the routes that are served: it cannot say other than what they do. */
export const openApiDocument = (routes: readonly Route[], apiPrefix: string): JsonSchema => {
  const components = new ComponentSchemas();
  const refusals = new RefusalResponses(components, routes);
  const paths: Record<string, JsonSchema> = { '/health': { get: health(components) } };
  for (const route of routes) {
    const path = apiPrefix + route.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method]: operation(route, components, refusals) };
  }
  const webhooks = webhookMessages(components);
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
    webhooks,
    components: {
      schemas: components.all,
      responses: refusals.all,
      examples: refusals.examples,
      headers,
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'An access token, or where `x-scopes` says which scopes it needs an API key.',
        },
        apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
        cookie: { type: 'apiKey', in: 'cookie', name: 'backend2_session' },
      },
    },
  };
};

const operation = (route: Route, components: ComponentSchemas, refusals: RefusalResponses): JsonSchema => ({
  operationId: route.operationId,
  tags: [route.tag],
  summary: route.summary,
  ...(route.description ? { description: route.description } : {}),
  security: securityOf(route),
  ...(route.access === 'admin' ? { 'x-role': 'admin' } : {}),
  ...(route.access === 'public' || route.session ? {} : { 'x-scopes': scopesOf(route) }),
  parameters: [
    ...parameters(route.params, 'path', components),
    ...parameters(route.query, 'query', components),
    ...(route.idempotent ? [idempotencyKey] : []),
  ],
  ...(route.body ? { requestBody: requestBody(route, route.body, components) } : {}),
  responses: { [route.answer.status]: success(route, components), ...refusals.of(route) },
});

const securityOf = ({ access, session, cookie }: Route): JsonSchema[] => {
  if (access === 'public') return [];
  return [{ bearer: [] }, ...(session ? [] : [{ apiKey: [] }]), ...(cookie ? [{ cookie: [] }] : [])];
};

const headers = {
  'X-Request-Id': { description: 'Names the request; quote it in reports.', schema: { type: 'string' } },
  'Retry-After': { description: 'Seconds after which to try again.', schema: { type: 'integer' } },
  RateLimit: {
    description: 'What is left of the limit (`r`) and the seconds until it is whole again (`t`).',
    schema: { type: 'string', examples: ['"default";r=50;t=30'] },
  },
  'RateLimit-Policy': {
    description: 'The limit (`q`) of the window in seconds (`w`).',
    schema: { type: 'string', examples: ['"default";q=1200;w=60'] },
  },
};

const headersOf = ({ answer, idempotent }: Route): JsonSchema => ({
  ...Object.fromEntries(
    ['X-Request-Id', 'RateLimit', 'RateLimit-Policy'].map((name) => [
      name,
      { $ref: `#/components/headers/${name}` },
    ]),
  ),
  ...(answer.status === 201 || answer.status === 202
    ? { Location: { description: 'Where what was made is.', schema: { type: 'string' } } }
    : {}),
  ...(idempotent
    ? {
        'Idempotent-Replayed': {
          description: 'The answer of an earlier request.',
          schema: { const: 'true' },
        },
      }
    : {}),
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
  const content = {
    schema: components.of(schema, 'input'),
    ...exampleOf(requestExamples[route.operationId]),
  };
  const types = route.bodyTypes ?? ['application/json'];
  return { required: true, content: Object.fromEntries(types.map((type) => [type, content])) };
};

const success = (route: Route, components: ComponentSchemas): JsonSchema => {
  const { answer, operationId } = route;
  const content = answer.schema
    ? {
        'application/json': {
          schema: components.of(answer.schema, 'output'),
          ...exampleOf(answerExamples[operationId]),
        },
      }
    : Object.fromEntries(
        (answer.types ?? []).map((type) => [type, exampleOf(fileExamples[operationId]?.[type])]),
      );
  return {
    description: answer.status === 202 ? 'Accepted' : 'Done',
    headers: headersOf(route),
    ...(Object.keys(content).length > 0 ? { content } : {}),
  };
};

const exampleOf = (example: unknown): JsonSchema => (example === undefined ? {} : { example });

const health = (components: ComponentSchemas): JsonSchema => {
  const schema = components.of(healthViewSchema, 'output');
  const content = (example: HealthView) => ({ 'application/health+json': { schema, example } });
  return {
    operationId: 'getHealth',
    tags: ['system'],
    summary: 'One verdict on the whole system, and the state of its parts',
    security: [],
    responses: {
      200: { description: 'pass or warn', content: content(passing) },
      503: { description: 'fail', content: content(failing) },
    },
  };
};
