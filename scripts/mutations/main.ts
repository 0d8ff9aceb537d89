import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startTestServers } from '@backend2/testkit/servers';
import type { Mutation } from './mutation.ts';
import { runTests } from './run-tests.ts';
import { streamMutations } from './streams/index.ts';
import { passedTitles, verdictOf } from './verdict.ts';
import { copyWorkTree, type WorkCopy } from './work-copy.ts';

const baselineWithinMs = 240_000;
const mutantWithinMs = 60_000;
/** Most mutants make their test wait in vain. */
const patience = { TEST_PATIENCE_MS: '10000' };

const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } });
const words = values.only.toLowerCase();
const mutations = streamMutations.filter((one) => `${one.file} ${one.breaks}`.toLowerCase().includes(words));
const root = fileURLToPath(new URL('../..', import.meta.url));

/** A test that fails by itself, or is not there, would prove nothing. Answers what is wrong. */
async function baseline(copy: WorkCopy, env: Readonly<Record<string, string>>): Promise<string[]> {
  const problems: string[] = [];
  for (const [file, of] of Map.groupBy(mutations, ({ test }) => test.file)) {
    const titles = [...new Set(of.map(({ test }) => test.title))];
    const { output, cutOff } = await runTests(copy.folder, file, titles, { withinMs: baselineWithinMs, env });
    const passed = passedTitles(output);
    if (passed.length === titles.length && !cutOff && !/^not ok /m.test(output)) continue;
    problems.push(
      `${file}: of ${titles.length} titles these passed without a mutation:\n${passed.join('\n')}\n${output}`,
    );
  }
  return problems;
}

async function tried(
  copy: WorkCopy,
  mutation: Mutation,
  env: Readonly<Record<string, string>>,
): Promise<boolean> {
  const undo = copy.apply(mutation);
  const begun = performance.now();
  try {
    const { file, title } = mutation.test;
    const run = await runTests(copy.folder, file, [title], {
      withinMs: mutantWithinMs,
      env: { ...env, ...patience },
    });
    const { kind, how } = verdictOf(run);
    const seconds = Math.round((performance.now() - begun) / 1000);
    console.log(`${kind.padEnd(8)}  ${String(seconds).padStart(2)} s  ${mutation.breaks}  [${file}: ${how}]`);
    return kind === 'noticed';
  } finally {
    undo();
  }
}

const copy = copyWorkTree(root);
const servers = await startTestServers();
let failures: readonly string[] = [];
try {
  // All fit before any runs.
  for (const mutation of mutations) copy.apply(mutation)();
  failures = await baseline(copy, servers.environment);
  if (failures.length === 0) {
    const unnoticed: string[] = [];
    for (const mutation of mutations) {
      if (!(await tried(copy, mutation, servers.environment))) unnoticed.push(mutation.breaks);
    }
    failures = unnoticed;
  }
} finally {
  await servers.stop();
  copy.remove();
}
console.log(`\n${mutations.length} mutations, ${failures.length} not held by their test as they should be`);
for (const failure of failures) console.log(failure);
process.exitCode = failures.length > 0 || mutations.length === 0 ? 1 : 0;
