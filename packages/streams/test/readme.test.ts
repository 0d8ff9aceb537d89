import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { runProcess, useRedis } from '@backend2/testkit';
import test from 'ava';

const folder = fileURLToPath(new URL('.', import.meta.url));
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const examples = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code!);

test('the README has examples', (t) => {
  t.true(examples.length >= 3);
});

for (const [index, code] of examples.entries()) {
  test(`example ${index + 1} of the README runs to its end against Redis`, async (t) => {
    const { url } = await useRedis(t);
    // Inside the package, so that what it imports is found.
    const home = mkdtempSync(join(folder, '.readme-'));
    t.teardown(() => rmSync(home, { recursive: true, force: true }));
    const engine = pathToFileURL(join(folder, '../src/index.ts')).href;
    const file = join(home, 'example.ts');
    const given = [
      `import { equal } from 'node:assert/strict';`,
      `import { until } from '@backend2/testkit';`,
      `import { parseRedisConnection } from '${engine}';`,
      `const connection = parseRedisConnection('${url}');`,
    ];
    writeFileSync(file, [...given, code.replaceAll('@backend2/streams', engine)].join('\n'));
    const run = runProcess(t, file, { ipc: false });
    const { code: status } = await run.exited;
    t.is(status, 0, run.output);
  });
}
