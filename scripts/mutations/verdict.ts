import type { TestRun } from './run-tests.ts';

export interface Verdict {
  /**
   * `noticed`: the test failed by an assertion, or by a wait that says for what. `survived`: it passed. `unclear`: it
   * failed in a way from which nobody would learn what is broken. `hung`: it did not end in time.
   */
  readonly kind: 'noticed' | 'survived' | 'unclear' | 'hung';
  readonly how: string;
}

const namedWait =
  /(?<what>.+) did not come true within|(?<item>.+) did not arrive within|did not answer ".+" within/s;
const unnamed = new Set(['the condition', 'item']);

/** Of the titles that TAP says passed. */
export const passedTitles = (output: string): string[] =>
  [...output.matchAll(/^ok \d+ - (.*)$/gm)].map(([, title]) => title!);

/** What becomes of a mutant, by the run of its one test. */
export function verdictOf({ output, cutOff }: TestRun): Verdict {
  const failure = /^not ok \d+ - .*\n {2}---\n(?<details>[\s\S]*?)^ {2}\.\.\.$/m.exec(output)?.groups?.[
    'details'
  ];
  if (failure === undefined) {
    if (cutOff) return { kind: 'hung', how: 'the test did not end' };
    return passedTitles(output).length > 0
      ? { kind: 'survived', how: 'the test passed' }
      : { kind: 'unclear', how: `no test told how it ended: ${lastLine(output)}` };
  }
  const assertion = /^ {4}assertion: (?<name>.*)$/m.exec(failure)?.groups?.['name'];
  if (assertion !== undefined) return { kind: 'noticed', how: assertion };
  const message =
    /message: ['"`](?<text>[\s\S]*?)['"`],\n/.exec(failure)?.groups?.['text'] ?? lastLine(failure);
  const wait = namedWait.exec(message);
  const what = wait?.groups?.['what'] ?? wait?.groups?.['item']?.replace(/ \d+$/, '');
  if (wait && !(what !== undefined && unnamed.has(what))) return { kind: 'noticed', how: firstLine(message) };
  return { kind: 'unclear', how: firstLine(message) };
}

const firstLine = (text: string): string => text.trim().split('\n')[0]!.slice(0, 100);
const lastLine = (text: string): string => text.trim().split('\n').at(-1)!.slice(0, 100);
