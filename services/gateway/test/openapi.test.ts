import { problemSchema, taskSubmissionSchema } from '@backend2/contracts';
import test from 'ava';
import { schemaNames } from '../src/openapi/schema-names.ts';
import { requestExamples } from '../src/openapi/examples/request-examples.ts';
import { apiDocument } from './api-document.ts';
import { ada, root } from './samples.ts';
import { startGateway, type TestGateway } from './start-gateway.ts';

interface Operation {
  operationId: string;
  security: object[];
  'x-role'?: string;
  requestBody?: { content: Record<string, { schema: object; example?: unknown }> };
  responses: Record<string, Answer>;
}
interface Answer {
  $ref?: string;
  description?: string;
}
interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object>; responses: Record<string, Answer> };
}

const documentOf = async (gateway: TestGateway): Promise<Document> =>
  (await (await fetch(`${gateway.url}/openapi.json`)).json()) as Document;

const operationsOf = (document: Document) =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path: path
        .replaceAll(
          /\{(taskId|userId|artifactId|scheduleId|webhookId|deliveryId)\}/g,
          '0198b7a4-6f7e-7c3a-9a45-00000000abcd',
        )
        .replaceAll('{ordinal}', '0')
        .replaceAll('{lane}', 'standard'),
      operation,
    })),
  );

const described = ({ components }: Document, answer: Answer = {}): string =>
  (answer.$ref ? components.responses[answer.$ref.split('/').at(-1) ?? ''] : answer)?.description ?? '';

test('the document names every schema it refers to, and every operation once', async (t) => {
  const document = await documentOf(await startGateway(t));
  t.is(document.openapi, '3.1.0');
  t.deepEqual(document, JSON.parse(JSON.stringify(apiDocument)), 'it is what answers are checked against');
  const refs = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(
    ([, name]) => name,
  );
  for (const name of new Set(refs)) t.true(Object.hasOwn(document.components.schemas, name ?? ''), name);
  for (const [name, schema] of Object.entries(document.components.schemas)) {
    t.notDeepEqual(schema, { $ref: `#/components/schemas/${name}` }, 'a schema that says only its own name');
  }
  t.notRegex(JSON.stringify(document), /#\/\$defs/);
  const ids = operationsOf(document).map(({ operation }) => operation.operationId);
  t.is(new Set(ids).size, ids.length);
  t.true(ids.length > 25);
  t.true(schemaNames.has(taskSubmissionSchema));
});

test('every example is one its operation accepts as far as its contract goes', async (t) => {
  const gateway = await startGateway(t);
  const operations = operationsOf(await documentOf(gateway));
  for (const { method, path, operation } of operations) {
    if (!operation.requestBody) continue;
    t.true(Object.hasOwn(requestExamples, operation.operationId), operation.operationId);
    const response = await fetch(gateway.url + path, {
      method,
      headers: { ...gateway.as(root, 'admin'), 'content-type': 'application/json' },
      body: JSON.stringify(requestExamples[operation.operationId]),
    });
    // The services of this test answer nothing, so that is the furthest a sound request comes.
    t.is(response.status, 503, `${method} ${path}`);
    t.is(((await response.json()) as { code: string }).code, 'no_answer');
  }
});

test('every route refuses whom it must, as the document says', async (t) => {
  const gateway = await startGateway(t);
  const expired = 'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.';
  const document = await documentOf(gateway);
  for (const { method, path, operation } of operationsOf(document)) {
    if (operation.security.length === 0) continue;
    const which = `${method} ${path}`;
    for (const authorization of ['', expired, 'Bearer x']) {
      const headers: Record<string, string> = authorization === '' ? {} : { authorization };
      const response = await fetch(gateway.url + path, { method, headers });
      t.is(response.status, 401, which);
      const { code } = problemSchema.parse(await response.json());
      t.true(described(document, operation.responses['401']).includes(`\`${code}\``), `${which} ${code}`);
    }
    const asUser = await fetch(gateway.url + path, { method, headers: gateway.as(ada) });
    if (operation['x-role'] === 'admin') t.is(asUser.status, 403, which);
    else t.true(asUser.status !== 401 && asUser.status !== 403, which);
    await asUser.body?.cancel();
  }
});
