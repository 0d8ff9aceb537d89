import { createHash, randomUUID } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ContactSheet } from '@backend2/artifacts';
import type { MatrixQuery, StoredArtifact, SubtaskView } from '@backend2/contracts';
import test from 'ava';
import { ada, subtaskOf, taskOf } from './samples.ts';
import { startGateway, type TestGateway, type TestGatewayOptions } from './start-gateway.ts';

const colours = ['red', 'blue', '=1+1', 'a "b", c'];
const styles = ['ink', 'oil'];
const seeds = [1, 2];
const task = taskOf(ada, {
  name: 'Lakes & rivers',
  total: 16,
  variables: [
    { name: 'style', values: styles },
    { name: 'colour', values: colours },
    { name: 'state', values: seeds },
  ],
  axes: [
    { name: 'style', variables: ['style'], length: 2 },
    { name: 'colour', variables: ['colour'], length: 4 },
    { name: 'state', variables: ['state'], length: 2 },
  ],
});
const pictures = Array.from({ length: 16 }, (_, n) => Buffer.from(`picture ${n}`));
const stored = pictures.map((bytes, n): StoredArtifact => ({
  id: randomUUID(),
  key: `k${n}`,
  contentType: 'image/png',
  bytes: bytes.length,
  sha256: createHash('sha256').update(bytes).digest('hex'),
  width: 160,
  height: 90,
}));
const subtasks = pictures.map((_, n): SubtaskView => {
  const [style, colour, seed] = [Math.floor(n / 8), Math.floor(n / 2) % 4, n % 2];
  const { id, contentType, bytes, width, height } = stored[n] as StoredArtifact;
  const view = {
    id,
    url: `/api/v1/artifacts/${id}`,
    contentType,
    bytes,
    ...(width && { width }),
    ...(height && { height }),
  };
  return subtaskOf(task.id, n, {
    coordinates: { style, colour, state: seed },
    values: { style: styles[style] ?? '', colour: colours[colour] ?? '', state: seeds[seed] ?? 0 },
    ...(n === 5
      ? { state: 'failed', error: { code: 'engine_refused', message: 'No.' } }
      : { artifacts: [view] }),
  });
});

const warnings: string[] = [];
process.on('warning', ({ name, message }) => warnings.push(`${name}: ${message}`));
test.after('taking exports leaves nothing behind that Node warns of', (t) => t.deepEqual(warnings, []));

const options: TestGatewayOptions = {
  files: new Map(pictures.map((bytes, n) => [`k${n}`, bytes])),
  tasks: {
    'tasks.get': async () => task,
    'subtasks.list': async ({ query: { cursor } }) => {
      const from = Number(cursor ?? 0);
      return { items: subtasks.slice(from, from + 7), nextCursor: from + 7 < 16 ? String(from + 7) : null };
    },
    'artifacts.get': async ({ artifactId }) => stored.find(({ id }) => id === artifactId) as StoredArtifact,
    'tasks.matrix': async ({ query: { x, y, fixed } }: { query: MatrixQuery }) => {
      const headings = new Map<string | undefined, (string | number)[]>([
        ['style', styles],
        ['colour', colours],
        ['state', seeds],
      ]);
      const cell = (row: number, column: number) => {
        const at: Record<string, number> = { ...fixed, [x ?? '']: column, [y ?? '']: row };
        const n = (at['style'] ?? 0) * 8 + (at['colour'] ?? 0) * 2 + (at['state'] ?? 0);
        const { ordinal, state, attempt, rating, result, error, artifacts } = subtasks[n] as SubtaskView;
        return { ordinal, state, attempt, rating, result, error, artifacts };
      };
      const [columns, rows] = [headings.get(x) ?? [], headings.get(y) ?? []];
      return {
        taskId: task.id,
        x: { name: x ?? '', values: columns },
        y: { name: y ?? '', values: rows },
        fixed,
        cells: rows.map((_row, row) => columns.map((_column, column) => cell(row, column))),
      };
    },
  },
};
const take = (gateway: TestGateway, format: string) =>
  fetch(`${gateway.url}/api/v1/tasks/${task.id}/export?format=${format}`, { headers: gateway.as(ada) });

test('a table has a row for every subtask of every page, and runs nothing in a spreadsheet', async (t) => {
  const gateway = await startGateway(t, options);
  const response = await take(gateway, 'csv');
  t.is(response.headers.get('content-type'), 'text/csv; charset=utf-8');
  const name = `lakes-rivers-${task.id.slice(-8)}.csv`;
  t.is(response.headers.get('content-disposition'), `attachment; filename=${name}`);
  const lines = (await response.text()).trim().split('\n');
  t.is(lines.length, 17);
  t.regex(lines[0] ?? '', /^ordinal,style,colour,variables\.state,state,rating,/);
  t.is(lines[1]?.startsWith('0,ink,red,1,succeeded,unrated,'), true);
  t.true(lines[1]?.includes(`${gateway.url}/api/v1/artifacts/${stored[0]?.id}`));
  t.true(lines[5]?.startsWith(`4,ink,'=1+1,1,`));
  t.regex(lines[6] ?? '', /^5,.*,failed,.*,engine_refused,No\.,/);
  t.true(lines[7]?.startsWith('6,ink,"a ""b"", c",1,'));
});

test('the data is one JSON document', async (t) => {
  const gateway = await startGateway(t, options);
  const response = await take(gateway, 'json');
  t.deepEqual(await response.json(), { task, subtasks });
});

test('an archive holds every picture, the table and the task', async (t) => {
  const gateway = await startGateway(t, options);
  const folder = mkdtempSync(join(tmpdir(), 'export-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const response = await take(gateway, 'zip');
  writeFileSync(join(folder, 'all.zip'), Buffer.from(await response.arrayBuffer()));
  execFileSync('python3', ['-m', 'zipfile', '-e', 'all.zip', '.'], { cwd: folder });
  t.deepEqual(JSON.parse(readFileSync(join(folder, 'task.json'), 'utf8')), task);
  t.is(readFileSync(join(folder, 'subtasks.csv'), 'utf8').trim().split('\n').length, 17);
  const names = readdirSync(join(folder, 'images'));
  t.is(names.length, 15);
  t.deepEqual(readFileSync(join(folder, 'images/00002-ink-blue-1.png')), pictures[2]);
});

test('a contact sheet shows the longest axes as a table and the others as one table each', async (t) => {
  let composed: ContactSheet | undefined;
  const gateway = await startGateway(t, {
    ...options,
    composeSheet: async (sheet) => {
      composed = sheet;
      const cell = await sheet.groups[1]?.cell(3, 1);
      return cell instanceof Uint8Array ? cell : new Uint8Array();
    },
  });
  const response = await take(gateway, 'png');
  t.is(response.headers.get('content-type'), 'image/png');
  t.is(await response.text(), 'picture 15');
  t.is(composed?.title, 'Lakes & rivers');
  t.deepEqual(composed?.rows, colours);
  t.deepEqual(composed?.columns, styles);
  t.deepEqual(
    composed?.groups.map(({ heading }) => heading),
    ['state: 1', 'state: 2'],
  );
  t.is(composed?.aspect, 16 / 9);
  t.is(await composed?.groups[1]?.cell(2, 0), 'failed');
});

test('a contact sheet that would be too large is refused with the way out', async (t) => {
  const gateway = await startGateway(t, { ...options, env: { MAX_SHEET_CELLS: '15' } });
  const response = await take(gateway, 'png');
  t.is(response.status, 422);
  const problem = (await response.json()) as { code: string; detail: string };
  t.is(problem.code, 'sheet_too_large');
  t.regex(problem.detail, /16 cells .* 15 .*format=zip/);
  t.is(response.headers.get('content-disposition'), null);
});

test('an archive that breaks off does not look whole', async (t) => {
  const gateway = await startGateway(t, { ...options, files: new Map([['k0', pictures[0] as Buffer]]) });
  const response = await take(gateway, 'zip');
  await t.throwsAsync(response.arrayBuffer());
});
