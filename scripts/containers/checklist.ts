import { until } from '@backend2/testkit';

/** Says what was looked at and what came out; the rest goes on after a failure. */
export interface Checklist {
  check(what: string, look: () => Promise<string | void>): Promise<void>;
  readonly failed: number;
  readonly passed: number;
}

export const checklist = (): Checklist => {
  let failed = 0;
  let passed = 0;
  return {
    get failed() {
      return failed;
    },
    get passed() {
      return passed;
    },
    check: async (what, look) => {
      const began = performance.now();
      try {
        const note = await look();
        passed += 1;
        const seconds = ((performance.now() - began) / 1000).toFixed(1);
        console.log(`ok    ${what}${note ? `: ${note}` : ''} (${seconds} s)`);
      } catch (error) {
        failed += 1;
        console.log(`FAIL  ${what}\n      ${(error as Error).message.trim().replaceAll('\n', '\n      ')}`);
      }
    },
  };
};

export const expect = (holds: boolean, otherwise: string): void => {
  if (!holds) throw new Error(otherwise);
};

/** Looks again until nothing is wrong; what was wrong last is said when time is up. */
export const eventually = (look: () => Promise<void>, withinMs: number): Promise<unknown> =>
  until(() => look().then(() => true), { timeoutMs: withinMs, everyMs: 500, what: 'what was waited for' });
