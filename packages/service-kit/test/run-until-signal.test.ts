import { runProcess, type RunningProcess } from '@backend2/testkit';
import test, { type ExecutionContext } from 'ava';

const run = (t: ExecutionContext, mode: string, nodeArguments: readonly string[] = []) =>
  runProcess(t, new URL('fixtures/runner.ts', import.meta.url).pathname, {
    args: [mode],
    nodeArguments: ['--conditions=@backend2/source', ...nodeArguments],
  });
const ready = (child: RunningProcess) =>
  child.message<{ ports: unknown }>((message) => (message as { type?: string }).type === 'ready', 20_000);
const steps = ({ output }: RunningProcess) =>
  [...output.matchAll(/"part":"(\w+)","msg":"part (\w+)"/g)].map(([, part, step]) => `${part} ${step}`);

test('a process tells its parent its ports, and on SIGTERM stops its parts in reverse and ends with 0', async (t) => {
  const child = run(t, 'plain');
  t.like(await ready(child), { ports: { ops: 4711 } });
  child.kill('SIGTERM');
  t.is((await child.exited).code, 0);
  t.deepEqual(steps(child), ['first started', 'second started', 'second stopped', 'first stopped']);
  t.regex(child.output, /last duty done/);
});

test('a process with --expose-gc has given back what its start made when it says that it is ready', async (t) => {
  t.like(await ready(run(t, 'plain', ['--expose-gc'])), { ports: { unused: 0 } });
});

test('one that is asked to tidy late gives it back once it is ready', async (t) => {
  const child = run(t, 'late', ['--expose-gc']);
  t.like(await ready(child), { ports: { collections: 0 } });
  child.kill('SIGTERM');
  t.is((await child.exited).code, 0);
  t.regex(child.output, /"collections":[1-9]\d*,"msg":"last duty done"/);
});

test('a start that fails stops what had started and ends with 1', async (t) => {
  const child = run(t, 'no-start');
  t.is((await child.exited).code, 1);
  t.deepEqual(steps(child), ['first started', 'first stopped']);
  t.regex(child.output, /nobody meant this.*\\n +at /);
  t.deepEqual(child.messages, []);
});

test('a start that fails for what a person can mend tells the parent and the log why, without a stack', async (t) => {
  const child = run(t, 'refused');
  t.is((await child.exited).code, 1);
  t.deepEqual(await child.message(() => true), { type: 'refused', why: 'The port is taken.' });
  t.regex(child.output, /"message":"The port is taken\."/);
  t.notRegex(child.output, /\\n +at /);
});

test('a second signal cuts a long grace short, and every part is still reached', async (t) => {
  const child = run(t, 'slow');
  await ready(child);
  child.kill('SIGTERM');
  await child.line(/"msg":"stopping"/);
  child.kill('SIGTERM');
  t.is((await child.exited).code, 0);
  t.deepEqual(steps(child).slice(2), ['second stopped', 'first stopped']);
});

test('an error that nobody caught is logged, and the process stops in order with 1', async (t) => {
  const child = run(t, 'crash');
  await ready(child);
  child.child.send('crash');
  t.is((await child.exited).code, 1);
  t.regex(child.output, /nobody caught it/);
  t.deepEqual(steps(child).slice(2), ['second stopped', 'first stopped']);
});

test('a process whose parent went away stops by itself', async (t) => {
  const child = run(t, 'plain');
  await ready(child);
  child.child.disconnect();
  t.is((await child.exited).code, 0);
  t.deepEqual(steps(child).slice(2), ['second stopped', 'first stopped']);
});

test('a process whose output nobody reads any more goes on, and still stops in order', async (t) => {
  const child = run(t, 'chatty');
  await ready(child);
  child.child.stdout?.destroy();
  await child.message((message) => (message as { type?: string }).type === 'still here');
  child.kill('SIGTERM');
  t.is((await child.exited).code, 0);
});
