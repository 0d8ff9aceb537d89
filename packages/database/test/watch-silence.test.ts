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
