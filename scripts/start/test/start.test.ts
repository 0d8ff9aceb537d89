import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient } from '@backend2/client';
import { readImageMetadata } from '@backend2/engines';
import {
  type RunningProcess,
  freePort,
  processesOf,
  runProcess,
  until,
  usePostgres,
  useRedis,
} from '@backend2/testkit';
import { findChromium } from '@backend2/testkit/browser';
import test, { type ExecutionContext } from 'ava';
import sharp from 'sharp';
import { seePage } from './see-page.ts';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));

function dataFolder(t: ExecutionContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'backend2-start-'));
  chmodSync(dir, 0o711);
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

function start(t: ExecutionContext, args: string[], env: Record<string, string> = {}): RunningProcess {
  return runProcess(t, main, { args, env: { REDIS_URL: '', DATABASE_URL: '', ...env } });
}

/** Where what is looked at needs no more. */
const fewProcesses = { STANDARD_WORKER_PROCESSES: '1', LUMINA_WORKER_PROCESSES: '1' };

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** Where a contact sheet shows the picture, as the offset of its first pixel; -1 where it does not. */
async function placeIn(sheet: { data: Buffer; width: number }, picture: Buffer): Promise<number> {
  const { width: wide, height: high } = await sharp(picture).metadata();
  const width = 256;
  const height = Math.round((width * high) / wide);
  const cell = await sharp(picture)
    .resize({ width, height, fit: 'contain', background: '#f7f6f2' })
    .removeAlpha()
    .raw()
    .toBuffer();
  const line = (y: number) => cell.subarray(y * width * 3, (y + 1) * width * 3);
  const isAt = (place: number) =>
    Array.from({ length: height }, (_, y) => place + y * sheet.width * 3).every((first, y) =>
      sheet.data.subarray(first, first + width * 3).equals(line(y)),
    );
  let place = sheet.data.indexOf(line(0));
  while (place >= 0 && !isAt(place)) place = sheet.data.indexOf(line(0), place + 1);
  return place;
}

test('a start on an empty folder runs the whole sweep, and what it made can be read through the API of the next', async (t) => {
  t.timeout(600_000);
  const data = dataFolder(t);
  const swept = start(t, ['--data', data, '--port', '0', '--once']);
  t.deepEqual(await swept.exited, { code: 0, signal: null }, swept.output);
  t.is((await swept.line(/Lane standard: (\d+) of 24 succeeded/))[1], '24', swept.output);
  t.is((await swept.line(/Lane lumina: (\d+) of 12 succeeded/))[1], '12', swept.output);
  t.regex(swept.output, /standard +\d+\/24 .*\n[\s\S]*standard +24\/24/, 'progress is told');
  t.deepEqual(processesOf(data), []);
  const [, email = ''] = await swept.line(/Admin\s+(\S+)/);
  const [, password = ''] = await swept.line(/Password\s+(\S+)/);

  const port = await freePort();
  const backend = start(t, ['--data', data, '--port', String(port), '--no-sweep'], fewProcesses);
  await backend.line(/Running; Ctrl-C stops everything/, 240_000);
  t.false(backend.output.includes('Password'), 'a password is shown once');

  const client = createClient({ baseUrl: `http://127.0.0.1:${port}` });
  await client.auth.signIn(email, password);
  const { items: tasks } = await client.tasks.list();
  t.is(tasks.length, 2);
  for (const task of tasks) {
    t.is(task.state, 'succeeded');
    const matrix = await client.tasks.matrix(task.id);
    t.true(matrix.cells.flat().every(({ state }) => state === 'succeeded'));
    const path = join(data, `contact-sheet-${task.id}.png`);
    t.true(swept.output.includes(`Contact sheet: ${path}`));
    const drawn = await sharp(path).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    const sheet = { data: drawn.data, width: drawn.info.width };
    const places = new Set<number>();
    for await (const { artifacts } of client.tasks.iterateSubtasks(task.id)) {
      for (const { url } of artifacts) {
        const answer = await fetch(new URL(url, `http://127.0.0.1:${port}`), {
          headers: { authorization: await bearer(port, email, password) },
        });
        t.is(answer.status, 200);
        const picture = Buffer.from(await answer.arrayBuffer());
        places.add(await placeIn(sheet, picture));
        t.is(readImageMetadata(picture).fields['task'], task.id);
      }
    }
    t.false(places.has(-1), 'every picture is in the contact sheet');
    t.is(places.size, task.total, 'every subtask has a picture of its own');
  }

  const chromium = findChromium();
  const [task] = tasks;
  if (chromium === undefined || !task) t.log('not seen in a browser: there is no chromium here');
  else {
    const errors = await seePage({
      chromium,
      url: `http://127.0.0.1:${port}`,
      email,
      password,
      task: task.name,
      cells: (await client.tasks.matrix(task.id)).cells.flat().length,
      rated: () =>
        until(
          async () =>
            (await client.tasks.matrix(task.id)).cells.flat().some(({ rating }) => rating === 'good'),
          { timeoutMs: 30_000, what: 'the rating given in the page' },
        ),
      schedule: 'Every day',
    });
    t.deepEqual(errors, []);
    const [schedule] = (await client.schedules.list()).items;
    t.like(schedule, { name: 'Every day', cron: '@daily', paused: true, task: { name: task.name } });
  }

  const health = await until(
    async () => {
      const now = await client.health();
      return now.status === 'pass' && now;
    },
    { timeoutMs: 30_000, what: 'a passing verdict' },
  );
  t.is(health.status, 'pass');

  const service = readFileSync(join(data, 'run/auth.pid.json'), 'utf8');
  process.kill((JSON.parse(service) as { pid: number }).pid, 'SIGKILL');
  await backend.line(/auth is running again/);
  t.true((await bearer(port, email, password)).length > 20);

  process.kill(backend.pid, 'SIGTERM');
  t.deepEqual(await backend.exited, { code: 0, signal: null }, backend.output);
  t.false(await answers(port));
  t.deepEqual(processesOf(data), []);
  t.false(existsSync(join(data, 'lock.json')));

  const emptied = start(t, ['--data', data, '--port', '0', '--fresh'], fewProcesses);
  const [, other = ''] = await emptied.line(/Password\s+(\S+)/, 240_000);
  t.not(other, password, 'an empty database has an admin of its own');
  const [, url = ''] = await emptied.line(/Open (http:\S+)/);
  const newcomer = createClient({ baseUrl: url });
  await newcomer.auth.signIn(email, other);
  await emptied.line(/Submitted .* to lane lumina/);
  const { items: fresh } = await newcomer.tasks.list();
  t.is(fresh.length, 2, 'nothing of the former data is there');
  for (const { id } of fresh) await newcomer.tasks.cancel(id);
  await emptied.line(/Running; Ctrl-C stops everything/);
  t.regex(
    emptied.output,
    /Lane standard: \d+ of 24 succeeded[\s\S]*to see the matrix/,
    'it goes on after a sweep',
  );
  emptied.kill('SIGINT');
  t.deepEqual(await emptied.exited, { code: 0, signal: null }, emptied.output);
  t.deepEqual(processesOf(data), []);
});

test('servers that are named are used instead, and a sweep that did not come out whole is no success', async (t) => {
  t.timeout(600_000);
  const data = dataFolder(t);
  const { url: redisUrl, client: redis } = await useRedis(t);
  const { primaryUrl } = await usePostgres(t);
  const onThose = (...args: string[]) =>
    runProcess(t, main, {
      args: ['--data', data, '--port', '0', ...args],
      env: { REDIS_URL: redisUrl, DATABASE_URL: primaryUrl, ...fewProcesses },
    });

  const first = onThose('--no-sweep');
  await first.line(/Running; Ctrl-C stops everything/, 240_000);
  const email = (await first.line(/Admin\s+(\S+)/))[1] ?? '';
  const password = (await first.line(/Password\s+(\S+)/))[1] ?? '';
  const signIn = async (run: RunningProcess) => {
    const client = createClient({ baseUrl: (await run.line(/Open (http:\S+)/))[1] ?? '' });
    await client.auth.signIn(email, password);
    return client;
  };
  const admin = await signIn(first);
  for (const lane of ['standard', 'lumina'] as const) await admin.lanes.pause(lane);
  first.kill('SIGINT');
  t.deepEqual(await first.exited, { code: 0, signal: null }, first.output);
  t.false(existsSync(join(data, 'postgres')) || existsSync(join(data, 'redis')), 'no server of our own');
  t.true((await redis.dbsize()) > 0);

  const second = onThose('--once');
  await second.line(/Submitted .* to lane lumina/, 240_000);
  const client = await signIn(second);
  for (const { id } of (await client.tasks.list()).items) await client.tasks.cancel(id);
  t.is((await second.exited).code, 1, second.output);
  t.false(second.output.includes('Password'), 'a password is shown once');
  t.regex(second.output, /Lane standard: 0 of 24 succeeded\nLane lumina: 0 of 12 succeeded/);
  t.deepEqual(processesOf(data), []);
});

async function bearer(port: number, username: string, password: string): Promise<string> {
  const answer = await until(
    async () => {
      const response = await fetch(`http://127.0.0.1:${port}/api/v1/auth/token`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ grant_type: 'password', username, password }),
      });
      return response.ok && ((await response.json()) as { access_token: string });
    },
    { timeoutMs: 20_000, what: 'signing in' },
  );
  return `Bearer ${answer.access_token}`;
}

test('an argument that is not known is named, with the usage', async (t) => {
  const run = start(t, ['--frsh']);
  t.is((await run.exited).code, 1);
  t.regex(run.output, /'--frsh'[\s\S]*npm start -- --fresh/);
});

test('a port that was asked for and is taken is named with who has it', async (t) => {
  const holder = await freePort();
  const server = (await import('node:net')).createServer().listen(holder, '127.0.0.1');
  t.teardown(() => void server.close());
  const run = start(t, ['--data', dataFolder(t), '--port', String(holder)]);
  t.is((await run.exited).code, 1);
  t.regex(run.output, new RegExp(`Port ${holder} is taken by .*process ${process.pid}.*--port`));
});

test('--fresh is refused on servers that are not ours', async (t) => {
  const run = runProcess(t, main, {
    args: ['--fresh', '--data', dataFolder(t)],
    env: { DATABASE_URL: 'postgres://elsewhere/db' },
  });
  t.is((await run.exited).code, 1);
  t.regex(run.output, /--fresh empties only servers that Backend2 starts itself.*DATABASE_URL/);
});

test('a Redis that was named and does not answer is named, with the way out', async (t) => {
  const port = await freePort();
  const run = runProcess(t, main, {
    args: ['--data', dataFolder(t), '--port', '0'],
    env: { REDIS_URL: `redis://:hidden@127.0.0.1:${port}`, DATABASE_URL: 'postgres://127.0.0.1:1/db' },
  });
  t.is((await run.exited).code, 1);
  t.regex(
    run.output,
    new RegExp(`Redis at 127.0.0.1:${port} \\(REDIS_URL\\).*ECONNREFUSED.*unset REDIS_URL`),
  );
  t.notRegex(run.output, /hidden|\n {4}at /);
});

test('a Postgres that was named and does not answer is named', async (t) => {
  const { url } = await useRedis(t);
  const run = runProcess(t, main, {
    args: ['--data', dataFolder(t), '--port', '0'],
    env: { REDIS_URL: url, DATABASE_URL: 'postgres://me:hidden@127.0.0.1:1/db' },
  });
  t.is((await run.exited).code, 1);
  t.regex(run.output, /Postgres at 127.0.0.1:1\/db \(DATABASE_URL\).*ECONNREFUSED/);
  t.notRegex(run.output, /hidden|\n {4}at /);
});

test('every setting that is wrong is named at once, of whichever service it is', async (t) => {
  const { url } = await useRedis(t);
  const { primaryUrl } = await usePostgres(t);
  const run = runProcess(t, main, {
    args: ['--data', dataFolder(t), '--port', '0'],
    env: {
      REDIS_URL: url,
      DATABASE_URL: primaryUrl,
      LOG_LEVEL: 'FOO',
      DB_POOL_SIZE: 'many',
      LUMINA_WORKER_THREADS: '-1',
    },
  });
  t.is((await run.exited).code, 1);
  t.regex(run.output, /LOG_LEVEL: .*"FOO"/);
  t.regex(run.output, /DB_POOL_SIZE: .*"many"/);
  t.regex(run.output, /LUMINA_WORKER_THREADS: .*-1/);
  t.is(run.output.match(/LOG_LEVEL: /g)?.length, 1);
});
