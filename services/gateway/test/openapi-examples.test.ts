import { text } from 'node:stream/consumers';
import { Validator } from '@seriousme/openapi-schema-validator';
import {
  eventStreamMessageSchema,
  healthViewSchema,
  subtaskViewSchema,
  taskDetailSchema,
  webhookPayloadSchema,
  type SubtaskView,
  type TaskDetail,
} from '@backend2/contracts';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import test, { type ExecutionContext } from 'ava';
import { z } from 'zod';
import { csvExport } from '../src/exports/csv-export.ts';
import { apiDocument as document, apiPrefix, routes } from './api-document.ts';

interface Media {
  readonly schema?: object;
  readonly example?: unknown;
}
type Content = Readonly<Record<string, Media>>;
interface Operation {
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}
type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>;

const paths = document['paths'] as Paths;
const components = document['components'] as { readonly schemas: Readonly<Record<string, object>> };
const webhooks = document['webhooks'] as Paths;

const operationOf = ({ path, method }: { path: string; method: string }): Operation => {
  const found = paths[apiPrefix + path.replaceAll(/:(\w+)/g, '{$1}')]?.[method];
  if (!found) throw new Error(`${method} ${path} is not in the document.`);
  return found;
};

/** What the contract makes of an example is the example: it lacks nothing, and has nothing the contract would drop. */
const isTrueTo = (
  t: ExecutionContext,
  contract: z.ZodType,
  media: Media | undefined,
  which: string,
): void => {
  t.not(media?.example, undefined, `${which} has no example`);
  const parsed = contract.safeParse(media?.example);
  t.deepEqual(
    parsed.data,
    media?.example,
    `${which}: ${parsed.success ? '' : z.prettifyError(parsed.error)}`,
  );
};

test('the document is OpenAPI 3.1 by its official schema', async (t) => {
  const { valid, errors } = await new Validator().validate(structuredClone(document));
  t.true(valid, JSON.stringify(errors, null, 1));
  const broken = { ...structuredClone(document), paths: { 'no-slash': {} } };
  t.false((await new Validator().validate(broken)).valid);
});

test('every schema of the document is one of JSON Schema 2020-12, and every reference leads somewhere', (t) => {
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  ajv.addSchema(document, 'api');
  t.true(Object.keys(components.schemas).length > 30);
  for (const [name, schema] of Object.entries(components.schemas)) {
    t.true(ajv.validateSchema(schema), `${name}: ${ajv.errorsText()}`);
    t.notThrows(() => ajv.compile({ $ref: `api#/components/schemas/${name}` }), name);
  }
});

test('every request has an example that its contract takes', (t) => {
  for (const route of routes) {
    if (!route.body) continue;
    const content = operationOf(route).requestBody?.content ?? {};
    for (const [type, { example }] of Object.entries(content)) {
      t.not(example, undefined, `${route.operationId} has no ${type} example`);
      const parsed = route.body.safeParse(example);
      t.true(parsed.success, `${route.operationId}: ${parsed.error && z.prettifyError(parsed.error)}`);
    }
  }
});

test('every JSON answer has an example that is true to its contract', (t) => {
  let count = 0;
  for (const route of routes) {
    const { schema, status } = route.answer;
    if (!schema) continue;
    count += 1;
    const content = operationOf(route).responses[status]?.content;
    isTrueTo(t, schema, content?.['application/json'], route.operationId);
  }
  t.true(count > 40);
  for (const [status, { content }] of Object.entries(paths['/health']?.['get']?.responses ?? {}))
    isTrueTo(t, healthViewSchema, content?.['application/health+json'], `health ${status}`);
  const message = webhooks['event']?.['post']?.requestBody?.content;
  isTrueTo(t, webhookPayloadSchema, message?.['application/json'], 'a webhook');
});

test('the examples of event streams are events, and those of exports what is exported', async (t) => {
  for (const path of ['/tasks/:taskId/events', '/events']) {
    const content = operationOf({ path, method: 'get' }).responses[200]?.content;
    const frames = String(content?.['text/event-stream']?.example).split('\n\n').slice(0, -1);
    t.true(frames.length > 2);
    for (const frame of frames) {
      const data = /^id: \d+-\d+\nevent: (\w+)\ndata: (.+)$/.exec(frame);
      t.is(eventStreamMessageSchema.parse(JSON.parse(data?.[2] ?? '')).type, data?.[1] as never);
    }
  }
  const exported = operationOf({ path: '/tasks/:taskId/export', method: 'get' }).responses[200]?.content;
  const json = exported?.['application/json'];
  isTrueTo(t, z.object({ task: taskDetailSchema, subtasks: z.array(subtaskViewSchema) }), json, 'the export');
  // `text` takes the byte order mark off.
  t.is(exported?.['text/csv']?.example, await exportedTable(json?.example as ExportedTask));
});

interface ExportedTask {
  readonly task: TaskDetail;
  readonly subtasks: readonly SubtaskView[];
}

const exportedTable = ({ task, subtasks }: ExportedTask): Promise<string> => {
  const each = async function* () {
    yield* subtasks;
  };
  return text(csvExport(task, each(), 'https://backend2.example.org'));
};
