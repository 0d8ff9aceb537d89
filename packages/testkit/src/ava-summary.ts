import { stripVTControlCharacters } from 'node:util';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const kinds: readonly (readonly [RegExp, keyof Counts])[] = [
  [/^\s*(\d+) tests? passed$/, 'passed'],
  [/^\s*(\d+) tests? failed$/, 'failed'],
  [/^\s*(\d+) (?:known failures?|tests? skipped|tests? todo)$/, 'skipped'],
  [/^\s*(\d+) (?:unhandled rejections?|uncaught exceptions?)$/, 'failed'],
  [/^\s*(\d+) tests? (?:remained pending|were pending)/, 'failed'],
];

/**
 * Reads what ava's default reporter printed; of a run with failures it does not sum up what passed, but each test has its
 * line. A run that failed without saying how counts as one failure.
 */
export function avaSummary(output: string, exitCode: number | null): Counts {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  let found = false;
  const lines = stripVTControlCharacters(output).split('\n');
  for (const line of lines) {
    for (const [pattern, kind] of kinds) {
      const match = pattern.exec(line);
      if (match === null) continue;
      found = true;
      counts[kind] += Number(match[1]);
    }
  }
  if (counts.passed === 0) counts.passed = lines.filter((line) => /^\s*✔ /.test(line)).length;
  if ((!found || exitCode !== 0) && counts.failed === 0) counts.failed = 1;
  return counts;
}

export function countsLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
