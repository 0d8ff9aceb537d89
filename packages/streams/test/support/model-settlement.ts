import {
  encodeCore,
  entryText,
  nextAttempt,
  splitEntryText,
  type StampedHead,
  withFailure,
} from '../../src/envelope.ts';
import type { ScriptArgument } from '../../src/lua-script.ts';
import type { How, Modelled } from './stream-model.ts';

export const hour = 3_600_000;

export const payloadOf = (n: number): string => JSON.stringify({ n });

export const textOf = (n: number): string => entryText(`m${n}`, payloadOf(n));

export const payloadIn = (text: string): string => splitEntryText(text).payload;

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
      return [how === 'r' ? hour : 0, head.publishedAt, entryText(nextAttempt(head, error, 1), payloadOf(n))];
    case 'x': {
      const core = encodeCore({ ...head, history: [] });
      const failures = JSON.stringify(withFailure(head, error, 1));
      return [head.publishedAt, core, payloadOf(n), reason, String(error), failures];
    }
  }
};
