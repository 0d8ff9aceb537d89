import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '@backend2/testkit';
import test, { type ExecutionContext } from 'ava';
import { apiServer, taskId } from './api-server.ts';
import { aPerson } from './fake-terminal.ts';

const signedIn = async (
  t: ExecutionContext,
  end = { state: 'succeeded' as 'succeeded' | 'partially_failed', succeeded: 2 },
) => {
  const api = await apiServer(t, end);
  const person = await aPerson(t);
  const args = ['login', '--url', api.url, '--email', 'ada@example.org', '--password-stdin'];
  t.is((await person.give(args, 'open sesame\n')).code, 0);
  return { ...api, ...person };
};

test('a session is kept for its owner only, and used by later commands', async (t) => {
  const { folder, give, url } = await signedIn(t);
  const file = join(folder, 'config/session.json');
  t.is((await stat(file)).mode & 0o777, 0o600);
  t.is((await stat(join(folder, 'config'))).mode & 0o777, 0o700);
  const { url: kept } = JSON.parse(await readFile(file, 'utf8')) as { url: string };
  t.is(kept, url);
  const { code, output } = await give(['ls']);
  t.is(code, 0);
  t.is(
    output,
    'ID                                    STATE    DONE  LANE      CREATED           NAME\n' +
      `${taskId}  running  2/2   standard  2026-11-24 10:30  A sweep\n`,
  );
  t.is((await give(['logout'])).code, 0);
  const after = await give(['ls', '--url', url]);
  t.is(after.code, 4);
  t.regex(after.errors, /not signed in .* backend2 login/);
});

test('a wrong password is said so, and the password stands nowhere', async (t) => {
  const { url } = await apiServer(t, { state: 'succeeded', succeeded: 2 });
  const { give } = await aPerson(t);
  const { code, output, errors } = await give(
    ['login', '--url', url, '--email', 'a@b.c', '--password-stdin'],
    'guess',
  );
  t.is(code, 1);
  t.regex(errors, /Email or password is wrong/);
  t.notRegex(output + errors, /guess/);
});

test('a submitted file is watched to its end, and the exit code says how that was', async (t) => {
  for (const [end, code] of [
    [{ state: 'succeeded', succeeded: 2 }, 0],
    [{ state: 'partially_failed', succeeded: 1 }, 1],
  ] as const) {
    const { folder, give, seen } = await signedIn(t, end);
    const file = join(folder, 'task.json');
    await writeFile(file, JSON.stringify({ name: 'A sweep', kind: 'image.generate', input: {} }));
    const result = await give(['submit', file, '--watch']);
    t.is(result.code, code);
    t.is(result.output, `${taskId}\n`);
    t.regex(result.errors, /Submitted "A sweep": 2 subtasks on lane standard/);
    t.regex(result.errors, new RegExp(`A sweep: 2 of 2, ${end.state.replace('_', ' ')}`));
    t.is(seen.filter(({ route }) => route === 'POST /tasks').length, 1);
  }
});

test('a refused task names every path that is wrong', async (t) => {
  const { give } = await signedIn(t);
  const { code, errors } = await give(['submit', '-'], '{"name": "x"}');
  t.is(code, 1);
  t.regex(
    errors,
    / {2}\/kind: is needed\n {2}\/input\/prompts: is needed\n {2}\(validation_failed, request r-1\)/,
  );
});

test('a file that is none, or no JSON, or no task is a sentence', async (t) => {
  const { folder, give } = await signedIn(t);
  const broken = join(folder, 'broken.json');
  await writeFile(broken, '{"name"');
  for (const [args, input, words] of [
    [['submit', join(folder, 'none.json')], '', /none\.json cannot be read: there is no such file/],
    [['submit', broken], '', /broken\.json is not valid JSON/],
    [['submit', '-'], '[1]', /holds no task/],
    [['ls', '--limit', 'many'], '', /--limit must be a whole number/],
    [['matrix', taskId, '--at', 'seed'], '', /--at must be like seed=0/],
    [['ls', '--lane', 'express'], '', /standard, lumina/],
    [['fly'], '', /unknown command 'fly'/],
  ] as const) {
    const { code, errors } = await give(args, input);
    t.is(code, 2, errors);
    t.regex(errors, words);
    t.notRegex(errors, /\n\s+at /);
  }
});

test('the matrix is drawn as text, or given as JSON', async (t) => {
  const { give } = await signedIn(t);
  const { output } = await give(['matrix', taskId, '--x', 'colour', '--at', 'seed=1']);
  t.is(output.split('\n').slice(0, 4).join('\n'), ' \\ colour  red  blue\n           #+   x\n\nat seed=1');
  const asJson = await give(['--json', 'matrix', taskId]);
  t.is((JSON.parse(asJson.output) as { taskId: string }).taskId, taskId);
});

test('a task is shown, cancelled, watched', async (t) => {
  const { give } = await signedIn(t, { state: 'partially_failed', succeeded: 1 });
  t.regex((await give(['get', taskId])).output, /subtasks {2}2 \(1 succeeded, 1 failed\)/);
  t.is((await give(['cancel', taskId])).output, 'A sweep: cancelled\n');
  const watched = await give(['watch', taskId]);
  t.is(watched.code, 1);
  t.is(watched.output, 'partially_failed: 1 of 2 succeeded\n');
});

test('an export is written whole under the name asked for, or to the output', async (t) => {
  const { folder, give } = await signedIn(t);
  const file = join(folder, 'out.csv');
  t.is((await give(['export', taskId, '--format', 'csv', '-o', file])).output, `${file}\n`);
  t.is(await readFile(file, 'utf8'), 'ordinal\n0\n');
  t.is((await give(['export', taskId, '--format', 'csv', '-o', '-'])).output, 'ordinal\n0\n');
  const nowhere = await give(['export', taskId, '--format', 'csv', '-o', join(folder, 'no/such/out.csv')]);
  t.is(nowhere.code, 1);
  t.regex(nowhere.errors, /out\.csv could not be written/);
});

test('a failing system and a server that is not there have exit codes of their own', async (t) => {
  const { url } = await apiServer(t, { state: 'succeeded', succeeded: 2 });
  const { give } = await aPerson(t);
  const failing = await give(['health', '--url', url]);
  t.is(failing.code, 1);
  t.is(failing.output, 'fail: It is all on fire.\n  fail  redis:up\n');
  const absent = await give(['health', '--url', `http://127.0.0.1:${await freePort()}`]);
  t.is(absent.code, 3);
  t.regex(absent.errors, /Is Backend2 running there\?/);
});

test('a token in the environment needs no session', async (t) => {
  const { url } = await apiServer(t, { state: 'succeeded', succeeded: 2 });
  const { give } = await aPerson(t, { BACKEND2_URL: url, BACKEND2_TOKEN: 'token-1' });
  t.is((await give(['ls'])).code, 0);
  const wrong = await aPerson(t, { BACKEND2_URL: url, BACKEND2_TOKEN: 'token-2' });
  t.is((await wrong.give(['ls'])).code, 4);
});
