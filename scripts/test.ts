import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StackError } from '@backend2/dev-stack';
import { provideChromium } from '@backend2/testkit/browser';
import { startTestServers } from '@backend2/testkit/servers';
import { stopRequest } from './stop-request.ts';
import { type Suite, findSuites, runSuite } from './test/suite.ts';

// Starts one set of servers, runs every suite against them, and ends with the sum of their counts.
// Arguments name the suites to run: `npm test -- streams gateway`.

const root = fileURLToPath(new URL('..', import.meta.url));
const { first: stop } = stopRequest();
const wanted = process.argv.slice(2);
const slots = Math.max(2, Math.min(4, availableParallelism()));
const total = { passed: 0, failed: 0, skipped: 0 };

async function runAll(suites: Suite[], env: NodeJS.ProcessEnv): Promise<void> {
  const running = new Set<Promise<void>>();
  let free = slots;
  const run = async (suite: Suite, weight: number) => {
    const started = performance.now();
    const result = await runSuite(suite, env, stop);
    free += weight;
    total.passed += result.passed;
    total.failed += result.failed;
    total.skipped += result.skipped;
    const seconds = Math.round((performance.now() - started) / 1000);
    if (result.failed > 0) console.log(`\n${result.output.trimEnd()}\n`);
    console.log(
      `${result.failed > 0 ? 'FAIL' : 'ok  '}  ${suite.name}: ${result.passed} passed, ` +
        `${result.failed} failed, ${result.skipped} skipped (${seconds} s)`,
    );
  };
  for (const suite of suites) {
    const weight = Math.min(suite.weight, slots);
    while (free < weight) await Promise.race(running);
    if (stop.aborted) break;
    free -= weight;
    const done: Promise<void> = run(suite, weight).finally(() => running.delete(done));
    running.add(done);
  }
  await Promise.all(running);
}

const suites = findSuites(root).filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const unknown = wanted.filter((name) => !suites.some((suite) => suite.name === name));
if (unknown.length > 0) {
  const known = findSuites(root).map(({ name }) => name);
  console.error(`There is no suite ${unknown.join(', ')}; there are ${known.join(', ')}.`);
  process.exit(2);
}

// Everything temporary goes in here, whoever makes it, and goes with it.
const temporary = mkdtempSync(join(tmpdir(), 'backend2-tests-'));
chmodSync(temporary, 0o711);
process.env['TMPDIR'] = temporary;
// Hundreds of processes load the same modules, and each would strip their types and compile them anew.
process.env['NODE_COMPILE_CACHE'] = join(temporary, 'compile-cache');
let servers: Awaited<ReturnType<typeof startTestServers>> | undefined;
try {
  servers = await startTestServers();
  await provideChromium(console.log);
  await runAll(suites, { ...process.env, ...servers.environment });
} catch (error) {
  total.failed += 1;
  console.error(error instanceof StackError ? error.message : error);
} finally {
  await servers?.stop();
  rmSync(temporary, { recursive: true, force: true });
}
if (stop.aborted) {
  console.log('Stopped before the end.');
  total.failed += 1;
}
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed > 0 ? 1 : 0);
