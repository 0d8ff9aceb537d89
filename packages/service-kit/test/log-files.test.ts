import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '@backend2/testkit';
import test from 'ava';
import { fileDestination } from '../src/log/file-destination.ts';
import { logEntry } from '../src/log/log-destination.ts';

const quiet = { onDropped: () => undefined, onTrouble: () => undefined };

test('a log file is rotated by size and no more files are kept than allowed', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'log-files-'));
  t.teardown(() => rm(dir, { recursive: true }));
  const destination = fileDestination({ dir, name: 'service', bytes: 2000, count: 3, ...quiet });
  const texts = () =>
    Promise.all(['', '.1'].map((end) => readFile(join(dir, `service.log${end}`), 'utf8').catch(() => '')));
  for (let n = 0; n < 60; n += 1) {
    destination.write(logEntry({ n, text: 'x'.repeat(180) }));
    await until(async () => (await texts()).some((text) => text.includes(`{"n":${n},`)), {
      what: `line ${n}`,
    });
  }
  await destination.close();
  t.deepEqual((await readdir(dir)).toSorted(), ['service.log', 'service.log.1', 'service.log.2']);
  for (const file of await readdir(dir)) t.true((await stat(join(dir, file))).size < 20_000);
  const lines = (
    await Promise.all(['.2', '.1', ''].map((end) => readFile(join(dir, `service.log${end}`), 'utf8')))
  )
    .join('')
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { n: number }).n);
  t.deepEqual(
    lines,
    Array.from({ length: lines.length }, (_, index) => 60 - lines.length + index),
  );
});

test('a folder that cannot be written costs lines, which are counted, and nothing else', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'log-files-'));
  t.teardown(() => rm(dir, { recursive: true }));
  await writeFile(join(dir, 'taken'), '');
  let dropped = 0;
  let troubles = 0;
  const destination = fileDestination({
    dir: join(dir, 'taken'),
    name: 'service',
    bytes: 2000,
    count: 3,
    onDropped: (lines) => (dropped += lines),
    onTrouble: () => (troubles += 1),
  });
  for (let n = 0; n < 3; n += 1) destination.write(logEntry({ n }));
  await destination.close();
  t.is(dropped, 3);
  t.is(troubles, 1);
});
