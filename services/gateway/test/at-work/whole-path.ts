import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ApiError, createClient, type StreamedEvent, type Tokens } from '@backend2/client';
import { until } from '@backend2/testkit';
import test from 'ava';
import { shared } from './system.ts';

const sweep = {
  name: 'Two lakes',
  kind: 'image.generate',
  input: { prompts: [{ value: 'a {{colour}} lake' }], ratio: '8:1', seed: 7 },
  variables: [{ name: 'colour', values: ['crimson', 'teal'] }],
};
const isPng = (bytes: Uint8Array): boolean => Buffer.from(bytes.subarray(1, 4)).toString() === 'PNG';

export const wholePathTests = (): void => {
  test.serial(
    'a user signs in, submits, watches, looks, takes away, and signs out, through every service',
    async (t) => {
      const { system } = shared();
      const client = createClient({ baseUrl: system.url });
      await client.auth.signIn(system.admin.email, system.admin.password);
      t.is((await client.auth.me()).role, 'admin');
      await client.users.create({
        email: 'painter@example.org',
        name: 'Ada',
        password: 'a long enough password',
      });

      let tokens: Tokens | undefined;
      const ada = createClient({ baseUrl: system.url, onTokens: (now) => (tokens = now) });
      await ada.auth.signIn('painter@example.org', 'a long enough password');
      await t.throwsAsync(ada.users.list(), { instanceOf: ApiError, message: /admin/ });
      t.is((await ada.tasks.estimate(sweep)).subtasks, 2);
      const created = await ada.tasks.create(sweep, { idempotencyKey: 'lakes' });
      t.is((await ada.tasks.create(sweep, { idempotencyKey: 'lakes' })).id, created.id);
      const seen: number[] = [];
      const task = await ada.tasks.waitUntilFinished(created.id, {
        onProgress: ({ counts }) => seen.push(counts.succeeded),
      });
      t.is(task.state, 'succeeded');
      t.deepEqual(
        seen,
        seen.toSorted((a, b) => a - b),
      );

      const matrix = await ada.tasks.matrix(task.id);
      const cells = matrix.cells.flat();
      t.is(cells.length, 2);
      const pictures = await Promise.all(
        cells.map(({ artifacts }) => ada.artifacts.get(artifacts[0]?.id ?? '')),
      );
      t.true(pictures.every(isPng));
      t.is(new Set(pictures.map((bytes) => createHash('sha256').update(bytes).digest('hex'))).size, 2);
      const small = await ada.artifacts.open(cells[0]?.artifacts[0]?.id ?? '', { width: 64 });
      t.is(small.headers.get('content-type'), 'image/webp');
      const sheet = new Uint8Array(await (await ada.tasks.export(task.id, 'png')).arrayBuffer());
      t.true(isPng(sheet));
      t.is((await (await ada.tasks.export(task.id, 'csv')).text()).trim().split('\n').length, 3);
      t.is((await ada.tasks.updateSubtask(task.id, 1, { rating: 'good' })).rating, 'good');
      const { taskId, ordinal, state, result, artifacts } = await ada.tasks.result(task.id, 1);
      t.deepEqual([taskId, ordinal, state], [task.id, 1, 'succeeded']);
      const { result: inTheBooks, artifacts: files } = await ada.tasks.subtask(task.id, 1);
      t.deepEqual({ result, artifacts }, { result: inTheBooks, artifacts: files });

      // Another's task is not there for a stranger, and an admin may look.
      t.is((await client.tasks.get(task.id)).id, task.id);
      await client.users.create({
        email: 'passer-by@example.org',
        name: 'Bob',
        password: 'a long enough password',
      });
      const bob = createClient({ baseUrl: system.url });
      await bob.auth.signIn('passer-by@example.org', 'a long enough password');
      const stranger = await t.throwsAsync(bob.tasks.get(task.id), { instanceOf: ApiError });
      t.is(stranger?.status, 404);
      t.is((await t.throwsAsync(bob.tasks.result(task.id, 1), { instanceOf: ApiError })).status, 404);
      t.is((await bob.tasks.list()).items.length, 0);

      const token = tokens?.accessToken ?? '';
      await ada.auth.signOut();
      const after = createClient({ baseUrl: system.url, token });
      await until(
        () =>
          after.auth.me().then(
            () => false,
            (error: unknown) => error instanceof ApiError && error.status === 401,
          ),
        { what: 'the refusal of the token' },
      );
    },
  );

  test.serial(
    'events go on over the death of the gateway, at another, none lost and none twice',
    async (t) => {
      const { system } = shared();
      const doomed = await system.startGateway();
      let at = doomed.url;
      const client = createClient({
        baseUrl: 'http://gateway.invalid',
        fetch: (input, init) => {
          const { pathname, search } = new URL(input instanceof Request ? input.url : input);
          return fetch(new URL(`${pathname}${search}`, at), init);
        },
      });
      await client.auth.signIn(system.admin.email, system.admin.password);
      const task = await client.tasks.create({
        ...sweep,
        variables: [{ name: 'colour', values: Array.from({ length: 12 }, (_, n) => `colour ${n}`) }],
      });
      const stop = new AbortController();
      const heard: StreamedEvent[] = [];
      const reading = (async () => {
        for await (const event of client.tasks.events(task.id, { signal: stop.signal })) {
          heard.push(event);
          if (heard.length === 3) {
            at = system.url;
            doomed.process.kill('SIGKILL');
          }
        }
      })();
      await client.tasks.waitUntilFinished(task.id);
      const finals = () =>
        heard.flatMap(({ message }) =>
          message.type === 'subtasks'
            ? message.changes.filter(({ state }) => state === 'succeeded').map(({ ordinal }) => ordinal)
            : [],
        );
      await until(() => finals().length >= 12, { what: 'every subtask heard of' });
      stop.abort();
      await reading;
      t.deepEqual(
        finals().toSorted((a, b) => a - b),
        Array.from({ length: 12 }, (_, n) => n),
      );
      t.is(new Set(heard.map(({ id }) => id)).size, heard.length);
      t.is(heard.filter(({ message }) => message.type === 'ready').length, 1);
    },
  );

  test.serial('the command line does the same from a shell', async (t) => {
    const { system } = shared();
    const folder = await mkdtemp(join(tmpdir(), 'cli-whole-'));
    t.teardown(() => rm(folder, { recursive: true }));
    const main = fileURLToPath(new URL('../../../../packages/cli/src/main.ts', import.meta.url));
    const backend2 = async (args: string[], input = ''): Promise<{ code: number; output: string }> => {
      const child = spawn(process.execPath, ['--conditions=@backend2/source', main, ...args], {
        env: { ...process.env, BACKEND2_CONFIG_DIR: join(folder, 'config') },
        stdio: ['pipe', 'pipe', 'inherit'],
        cwd: folder,
      });
      let output = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
      child.stdin.end(input);
      const [code] = (await once(child, 'close')) as [number];
      return { code, output: output.trim() };
    };
    const { email, password } = system.admin;
    t.is(
      (await backend2(['login', '--url', system.url, '--email', email, '--password-stdin'], password)).code,
      0,
    );
    await writeFile(join(folder, 'sweep.json'), JSON.stringify(sweep));
    const submitted = await backend2(['submit', 'sweep.json', '--watch']);
    t.is(submitted.code, 0);
    t.regex((await backend2(['matrix', submitted.output])).output, /crimson +teal\n.*# +#/);
    t.is((await backend2(['export', submitted.output, '--format', 'png', '-o', 'sheet.png'])).code, 0);
    t.true(isPng(await readFile(join(folder, 'sheet.png'))));
  });
};
