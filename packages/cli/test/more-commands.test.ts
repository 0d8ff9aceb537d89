import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ApiKeyView, AuditEntry, ScheduleView, Tally, TaskSummary } from '@backend2/contracts';
import test, { type ExecutionContext } from 'ava';
import { apiServer, taskId } from './api-server.ts';
import { aPerson } from './fake-terminal.ts';

const id = '0198b7a4-6f7e-7c3a-9a45-0000000000d1';
const at = '2026-11-24T10:30:00.000Z';

const signedIn = async (t: ExecutionContext, answers: Readonly<Record<string, unknown>>) => {
  const { url, seen } = await apiServer(t, { state: 'succeeded', succeeded: 2 }, answers);
  return { ...(await aPerson(t, { BACKEND2_URL: url, BACKEND2_TOKEN: 'token-1' })), seen };
};

const tally = (total: number, failed: number, good: number): Tally => ({
  total,
  counts: { pending: 0, queued: 0, running: 0, succeeded: total - failed, failed, cancelled: 0 },
  ratings: { unrated: total - good, poor: 0, good },
  durationMs: failed === total ? null : { mean: 2000, median: 1500 },
});
const summary: TaskSummary = {
  taskId,
  overall: tally(4, 2, 1),
  axes: [
    {
      name: 'colour',
      values: [
        { index: 0, value: 'red', ...tally(2, 0, 1) },
        { index: 1, value: ['blue', 3], ...tally(2, 2, 0) },
      ],
    },
  ],
};

test('a summary has a line for each value of each axis', async (t) => {
  const { give } = await signedIn(t, { 'GET /tasks/:id/summary': summary });
  const { output } = await give(['summary', taskId]);
  t.deepEqual(output.trimEnd().split('\n'), [
    '              CELLS  GOOD      POOR  FAILED     MEDIAN',
    'all           4      1 (25 %)  -     2 (50 %)   1.5 s',
    '',
    'colour',
    '  red         2      1 (50 %)  -     -          1.5 s',
    '  ["blue",3]  2      -         -     2 (100 %)  -',
  ]);
  t.deepEqual(JSON.parse((await give(['--json', 'summary', taskId])).output), summary);
});

test('keys are listed, made and ended; a new one alone goes to the output', async (t) => {
  const key: ApiKeyView = {
    id,
    name: 'nightly',
    prefix: 'b2k_abcdef',
    scopes: ['read', 'write'],
    createdAt: at,
    expiresAt: null,
    lastUsedAt: at,
  };
  const { give, seen } = await signedIn(t, {
    'GET /api-keys': { items: [key] },
    'POST /api-keys': { ...key, key: 'b2k_whole' },
    [`DELETE /api-keys/${id}`]: undefined,
  });
  t.is(
    (await give(['keys', 'ls'])).output,
    'ID                                    BEGINS      SCOPES      LAST USED   EXPIRES  NAME\n' +
      `${id}  b2k_abcdef  read,write  2026-11-24  never    nightly\n`,
  );
  const made = await give(['keys', 'create', 'nightly', '--scope', 'read', 'write', '--expires', at]);
  t.is(made.output, 'b2k_whole\n');
  t.regex(made.errors, /not shown again\. It may read and write\./);
  t.deepEqual(JSON.parse(seen.at(-1)?.body ?? ''), {
    name: 'nightly',
    scopes: ['read', 'write'],
    expiresAt: at,
  });
  t.is((await give(['keys', 'create', 'x', '--scope', 'everything'])).code, 2);
  t.is((await give(['keys', 'rm', id])).output, 'Deleted.\n');
});

test('schedules are listed, made from a file, paused, resumed, run and deleted', async (t) => {
  const task = { name: 'Daily lakes', kind: 'image.generate', input: {} };
  const schedule = {
    id,
    ownerId: id,
    name: 'Daily',
    cron: '@daily',
    timeZone: 'UTC',
    missedRuns: 'once',
    paused: false,
    task,
    nextRuns: [at],
    lastRun: {
      dueAt: at,
      at,
      outcome: 'refused',
      taskId: null,
      error: { code: 'quota_exceeded', message: '' },
    },
    createdAt: at,
    updatedAt: at,
  } as unknown as ScheduleView;
  const { give, seen, folder } = await signedIn(t, {
    'GET /schedules': { items: [schedule], nextCursor: null },
    'POST /schedules': schedule,
    [`POST /schedules/${id}/pause`]: { ...schedule, paused: true, nextRuns: [] },
    [`POST /schedules/${id}/resume`]: schedule,
    [`DELETE /schedules/${id}`]: undefined,
  });
  t.is(
    (await give(['schedules', 'ls'])).output,
    'ID                                    CRON    TIME ZONE  NEXT              LAST RUN        NAME\n' +
      `${id}  @daily  UTC        2026-11-24 10:30  quota_exceeded  Daily\n`,
  );
  const file = join(folder, 'schedule.json');
  const wanted = { name: 'Daily', cron: '@daily', task };
  await writeFile(file, JSON.stringify(wanted));
  const made = await give(['schedules', 'create', file]);
  t.is(made.output, `${id}\n`);
  t.regex(made.errors, /"Daily" runs next at 2026-11-24T10:30/);
  t.deepEqual(JSON.parse(seen.at(-1)?.body ?? ''), wanted);
  t.is((await give(['schedules', 'pause', id])).output, 'Daily: paused\n');
  t.is((await give(['schedules', 'resume', id])).output, `Daily: next at ${at}\n`);
  t.is((await give(['schedules', 'rm', id])).output, 'Deleted.\n');
  t.regex((await give(['schedules', 'create', '-'], '[1]')).errors, /holds no schedule/);
});

test('the audit log is narrowed by what is asked for, and no longer than that', async (t) => {
  const entry: AuditEntry = {
    id,
    at,
    userId: id,
    apiKeyId: id,
    action: 'cancelTask',
    target: { taskId },
    details: {},
    address: '203.0.113.7',
    userAgent: null,
    requestId: 'r-1',
    outcome: 'refused',
    status: 409,
    code: 'task_finished',
  };
  const { give, seen } = await signedIn(t, { 'GET /audit': { items: [entry, entry], nextCursor: 'next' } });
  const { output } = await give(['audit', '--action', 'cancelTask', '--user', id, '--limit', '2']);
  const [, line] = output.split('\n');
  t.is(
    line,
    `2026-11-24 10:30:00  ${id} (key)  203.0.113.7  cancelTask  refused: task_finished  taskId=${taskId}`,
  );
  t.is(seen.filter(({ route }) => route === 'GET /audit').length, 1);
  t.is(seen.at(-1)?.search, `?action=cancelTask&userId=${id}&limit=2`);
});
