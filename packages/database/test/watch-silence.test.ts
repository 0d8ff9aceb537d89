import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { serverLine } from '../src/server-line.ts';
import { watchSilence } from '../src/watch-silence.ts';

const silenceMs = 200;

test('an answer that this process was too busy to read is no silence of the server', async (t) => {
  const line = serverLine();
  const watch = watchSilence(
    line,
    silenceMs,
    async () => {
      const until = performance.now() + silenceMs;
      while (performance.now() < until);
      throw new Error('Query read timeout');
    },
    () => t.fail('the line was cut'),
  );
  await t.throwsAsync(watch.look(), { message: /timeout/ });
  t.is(line.broken, undefined);
});

test('a server that hangs is not said to answer again until it does, whatever else the asking ends with', async (t) => {
  const line = serverLine();
  const turns: (string | undefined)[] = [];
  const endings = ['Query read timeout', 'None of the servers takes writes', undefined];
  const watch = watchSilence(
    line,
    silenceMs,
    async () => {
      const ending = endings.shift();
      for (let step = 0; step < 15; step += 1) await delay(silenceMs / 10);
      if (ending !== undefined) throw new Error(ending);
    },
    (why) => turns.push(why),
  );
  await t.throwsAsync(watch.look(), { message: /timeout/ });
  await t.throwsAsync(watch.look(), { message: /takes writes/ });
  t.is(turns.length, 1);
  t.throws(() => line.open());
  await watch.look();
  t.deepEqual(turns, ['the server answers nobody', undefined]);
  t.is(line.broken, undefined);
});
