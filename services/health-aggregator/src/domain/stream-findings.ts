import { finding, type Finding } from './finding.ts';

/** What is seen of a stream and its group; the stream engine's `TopicInfo` fits. */
export interface StreamView {
  readonly topic: string;
  readonly lag: number;
  readonly pending: number;
  readonly delayed: number;
  readonly dead: number;
  readonly oldestMs: number;
  readonly consumers: readonly { readonly name: string; readonly pending: number; readonly idleMs: number }[];
}

export interface StreamRule {
  /** An entry not settled for longer than this is a warning; none for lanes, whose work may take as long as it takes. */
  readonly lateMs?: number;
  /** Whether a dead letter is a fault of the system; on a lane it is a subtask that failed. */
  readonly deadIsFault: boolean;
}

/** A live consumer's reads come back every few seconds; past this it is dead, and so far nobody has taken over what it held. */
const deadConsumerMs = 60_000;

export const deadConsumers = ({ consumers }: StreamView) =>
  consumers.filter(({ idleMs, pending }) => idleMs > deadConsumerMs && pending > 0);

export const streamFindings = (view: StreamView, rule: StreamRule, at: Date): Finding[] => {
  const { topic, lag, pending, delayed, dead, oldestMs } = view;
  const late = rule.lateMs !== undefined && oldestMs > rule.lateMs;
  const faulty = rule.deadIsFault && dead > 0;
  const lost = deadConsumers(view);
  return [
    finding(`${topic}:backlog`, late ? 'warn' : 'pass', at, {
      componentType: 'datastore',
      observedValue: lag + delayed,
      observedUnit: 'messages',
      ...(late && {
        output: `the oldest message came ${Math.round(oldestMs / 1000)} s ago and is not settled`,
      }),
    }),
    finding(`${topic}:running`, 'pass', at, { observedValue: pending, observedUnit: 'messages' }),
    finding(`${topic}:deadLetters`, faulty ? 'warn' : 'pass', at, {
      observedValue: dead,
      observedUnit: 'messages',
      ...(faulty && { output: 'messages that nobody could handle are waiting for an admin' }),
    }),
    finding(`${topic}:deadConsumers`, lost.length > 0 ? 'warn' : 'pass', at, {
      observedValue: lost.length,
      observedUnit: 'consumers',
      ...(lost.length > 0 && {
        output: `silent with work in hand: ${lost.map(({ name }) => name).join(', ')}`,
      }),
    }),
  ];
};
