import { PassThrough } from 'node:stream';
import type { TaskView } from '@backend2/contracts';
import test from 'ava';
import { createProgress } from '../progress.ts';

const task = (succeeded: number, running: number) =>
  ({
    id: 'a',
    lane: 'standard',
    total: 24,
    counts: { pending: 0, queued: 0, running, succeeded, failed: 0, cancelled: 0 },
  }) as unknown as TaskView;

/** What is shown of a task that gets on, by a terminal or by anything else. */
function shown(isTTY: boolean): string {
  const stream = Object.assign(new PassThrough().setEncoding('utf8'), { isTTY, columns: 80, rows: 24 });
  const progress = createProgress(stream as unknown as NodeJS.WriteStream);
  for (const done of [0, 1, 12, 24]) progress.update(task(done, done < 24 ? 4 : 0));
  progress.stop();
  return String(stream.read());
}

test('a terminal gets a bar that fills', (t) => {
  t.regex(shown(true), /standard █+ 24\/24 {2}0 running/);
});

test('a log gets a line for every tenth', (t) => {
  t.is(
    shown(false),
    '  standard 0/24  4 running\n  standard 12/24  4 running\n  standard 24/24  0 running\n',
  );
});
