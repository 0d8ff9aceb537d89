import { readFile } from 'node:fs/promises';
import { createContext, runInContext } from 'node:vm';
import test from 'ava';
import { ecsDocument } from '../src/log/ecs-document.ts';

const script = new URL('../../../infra/elk/ecs.js', import.meta.url);

/** What Filebeat's script makes of a line, by the calls Filebeat offers it. */
const processed = async (line: object): Promise<Record<string, unknown>> => {
  const fields = new Map<string, unknown>([['line', line]]);
  const event = {
    Get: (name: string) => fields.get(name),
    Put: (name: string, value: unknown) => void fields.set(name, value),
    Delete: (name: string) => void fields.delete(name),
  };
  const context = createContext({ event });
  runInContext(`${await readFile(script, 'utf8')}\nprocess(event);`, context);
  return JSON.parse(JSON.stringify(Object.fromEntries(fields))) as Record<string, unknown>;
};

const lines: readonly Record<string, unknown>[] = [
  {
    v: 0,
    name: 'gateway',
    hostname: 'h',
    pid: 7,
    level: 30,
    time: '2026-01-02T03:04:05.678Z',
    msg: 'ready',
    ports: { http: 1 },
  },
  {
    v: 0,
    name: 'auth',
    hostname: 'h',
    pid: 7,
    level: 10,
    time: '2026-01-02T03:04:05.678Z',
    msg: 'plain',
    traceId: 'a1',
  },
  {
    v: 0,
    name: 'standard-worker',
    hostname: 'h',
    pid: 7,
    level: 50,
    time: '2026-01-02T03:04:05.678Z',
    msg: 'failed',
    taskId: 't',
    err: { name: 'Error', message: 'no', stack: 'at', code: 23505, cause: { name: 'Error' } },
  },
];

test('Filebeat makes of a line what a service that ships for itself makes of it', async (t) => {
  for (const line of lines) {
    const { '@timestamp': _time, ...own } = JSON.parse(JSON.stringify(ecsDocument(line))) as Record<
      string,
      unknown
    >;
    t.deepEqual(await processed(line), own);
  }
});

test('every field of a document is one the index template maps', async (t) => {
  const file = new URL('../../../infra/elk/index-template.json', import.meta.url);
  interface Mapping {
    readonly properties?: Readonly<Record<string, Mapping>>;
  }
  const { template } = JSON.parse(await readFile(file, 'utf8')) as { template: { mappings: Mapping } };
  for (const line of lines) {
    for (const field of Object.keys(ecsDocument(line))) {
      const found = field
        .split('.')
        .reduce<Mapping | undefined>((mapping, name) => mapping?.properties?.[name], template.mappings);
      t.truthy(found, field);
    }
  }
});
