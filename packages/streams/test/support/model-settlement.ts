import { encodeCore, nextAttempt, type StampedHead, withFailure } from '../../src/envelope.ts';
import type { ScriptArgument } from '../../src/lua-script.ts';
import type { How, Modelled } from './stream-model.ts';

export const hour = 3_600_000;

export const payloadOf = (n: number): string => JSON.stringify({ n });

/** What the settling script takes of an outcome, as a consumer writes it. */
export const outcomeArguments = (
  how: How,
  { n }: Modelled,
  head: StampedHead,
  error: Error,
  reason: string,
): ScriptArgument[] => {
  switch (how) {
    case 'd':
      return [];
    case 'r':
    case 'r0':
      return [how === 'r' ? hour : 0, head.publishedAt, nextAttempt(head, error, 1), payloadOf(n)];
    case 'x': {
      const core = encodeCore({ ...head, history: [] });
      const failures = JSON.stringify(withFailure(head, error, 1));
      return [head.publishedAt, core, payloadOf(n), reason, String(error), failures];
    }
  }
};
