import { fileURLToPath } from 'node:url';
import test from 'ava';
import { contract } from '../check/contract.ts';
import { contractChanges } from '../openapi/contract-changes.ts';
import type { OpenApiDocument, Operation, Schema } from '../openapi/document.ts';

const thing: Schema = {
  type: 'object',
  properties: {
    id: { type: 'string', format: 'uuid' },
    state: { enum: ['open', 'closed'], type: 'string' },
    note: { type: 'string' },
    next: { anyOf: [{ $ref: '#/components/schemas/Thing' }, { type: 'null' }] },
  },
  required: ['id', 'state', 'next'],
  additionalProperties: false,
};
const creation: Schema = {
  type: 'object',
  properties: {
    name: { type: 'string', maxLength: 100 },
    kind: { enum: ['a', 'b'], type: 'string' },
    size: { type: 'number' },
  },
  required: ['name'],
  additionalProperties: false,
};
const message: Schema = {
  oneOf: [
    {
      type: 'object',
      properties: { type: { const: 'made' }, id: { type: 'string' } },
      required: ['type', 'id'],
    },
    { type: 'object', properties: { type: { const: 'gone' } }, required: ['type'] },
  ],
};
const json = (schema: Schema) => ({ content: { 'application/json': { schema } } });

interface Parts {
  thing?: Schema;
  creation?: Schema;
  message?: Schema;
  create?: Partial<Operation>;
  paths?: OpenApiDocument['paths'];
}

const documentOf = (parts: Parts = {}): OpenApiDocument => ({
  paths: {
    '/things': {
      post: {
        operationId: 'createThing',
        security: [],
        parameters: [{ name: 'dry', in: 'query', required: false, schema: { type: 'boolean' } }],
        requestBody: { required: true, ...json(parts.creation ?? creation) },
        responses: { 201: json({ $ref: '#/components/schemas/Thing' }), 409: { content: {} } },
        ...parts.create,
      },
    },
    '/things/{id}/news': {
      get: { operationId: 'readNews', security: [], responses: { 200: json(parts.message ?? message) } },
    },
    ...parts.paths,
  },
  components: { schemas: { Thing: parts.thing ?? thing } },
});

const without = (schema: Schema, name: string): Schema => ({
  ...schema,
  properties: Object.fromEntries(Object.entries(schema.properties ?? {}).filter(([key]) => key !== name)),
  required: (schema.required ?? []).filter((key) => key !== name),
});
const withField = (schema: Schema, name: string, field: Schema): Schema => ({
  ...schema,
  properties: { ...schema.properties, [name]: field },
});

const breaks: [string, Parts, RegExp][] = [
  ['a route that went', { paths: { '/things/{id}/news': {} } }, /GET \/things\/\{\}\/news: is gone/],
  ['a required field of an answer that went', { thing: without(thing, 'state') }, /201\.state: is gone/],
  ['an optional field of an answer that went', { thing: without(thing, 'note') }, /201\.note: is gone/],
  [
    'a field of an answer that may be absent now',
    { thing: { ...thing, required: ['id', 'next'] } },
    /201\.state: may now be absent/,
  ],
  [
    'a field of an answer that may be null now',
    { thing: withField(thing, 'id', { type: ['string', 'null'] }) },
    /201\.id: type changed from string to string or null/,
  ],
  [
    'a field of a request that is required now',
    { creation: { ...creation, required: ['name', 'kind'] } },
    /body\.kind: is now required/,
  ],
  [
    'a field of a request that is not taken now',
    { creation: without(creation, 'kind') },
    /body\.kind: is no longer/,
  ],
  [
    'an enum of a request that was narrowed',
    { creation: withField(creation, 'kind', { enum: ['a'], type: 'string' }) },
    /body\.kind: the value "b" is no longer taken/,
  ],
  [
    'a type of a request that was narrowed',
    { creation: withField(creation, 'size', { type: 'integer' }) },
    /body\.size: type changed from number to integer/,
  ],
  [
    'a limit of a request that was tightened',
    { creation: withField(creation, 'name', { type: 'string', maxLength: 50 }) },
    /maxLength tightened from 100 to 50/,
  ],
  ['a query parameter that went', { create: { parameters: [] } }, /query parameter dry is no longer taken/],
  [
    'a query parameter that is required now',
    { create: { parameters: [{ name: 'dry', in: 'query', required: true, schema: { type: 'boolean' } }] } },
    /query parameter dry is now required/,
  ],
  ['a status that went', { create: { responses: { 200: json(thing) } } }, /no longer answers 201/],
  ['a sign-in that is needed now', { create: { security: [{ bearer: [] }] } }, /now needs a sign-in/],
  ['another operation id', { create: { operationId: 'makeThing' } }, /operationId changed/],
  [
    'a message of a union that lost a field',
    { message: { oneOf: [{ ...message.oneOf?.[0], required: ['type'] }, message.oneOf?.[1] ?? {}] } },
    /200\.id: may now be absent/,
  ],
];

for (const [what, parts, sentence] of breaks) {
  test(`${what} is found`, (t) => {
    const { breaking } = contractChanges(documentOf(), documentOf(parts));
    t.regex(breaking.join('\n'), sentence);
  });
}

test('what clients can live with is let through', (t) => {
  const { breaking, added } = contractChanges(
    documentOf(),
    documentOf({
      thing: withField(withField(thing, 'more', { type: 'string' }), 'state', {
        enum: ['open', 'closed', 'lost'],
        type: 'string',
      }),
      creation: withField(withField(creation, 'tag', { type: 'string' }), 'name', {
        type: 'string',
        maxLength: 200,
      }),
      message: {
        oneOf: [...(message.oneOf ?? []), { type: 'object', properties: { type: { const: 'new' } } }],
      },
      paths: { '/others': { get: { operationId: 'listOthers', security: [], responses: {} } } },
    }),
  );
  t.deepEqual(breaking, []);
  t.deepEqual(added, ['GET /others']);
});

test('the API that is served is the accepted one', async (t) => {
  const { problems } = await contract.run(fileURLToPath(new URL('../..', import.meta.url)));
  t.deepEqual(problems, []);
});
