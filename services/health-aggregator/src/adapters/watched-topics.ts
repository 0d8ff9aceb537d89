import {
  authRpc,
  healthAggregatorRpc,
  taskIntakeRpc,
  workTopics,
  type WorkTopicName,
} from '@backend2/contracts';
import { rpcServersGroup } from '@backend2/service-kit';
import type { Topic } from '@backend2/streams';
import type { StreamRule } from '../domain/stream-findings.ts';

export interface WatchedTopic {
  readonly topic: Topic<unknown>;
  readonly group: string;
  readonly rule: StreamRule;
}

const rules: Readonly<Record<WorkTopicName, StreamRule>> = {
  standard_tasks: { deadIsFault: false },
  lumina_tasks: { deadIsFault: false },
  task_results: { lateMs: 30_000, deadIsFault: true },
  // An endpoint that is away is its owner's matter, and delivered to again for days.
  webhook_deliveries: { deadIsFault: false },
  audit: { lateMs: 30_000, deadIsFault: true },
};

const rpcTopic = ({ name }: { readonly name: string }): WatchedTopic => ({
  topic: { name, parse: (value) => value },
  group: rpcServersGroup,
  rule: { lateMs: 10_000, deadIsFault: false },
});

/** Every stream that consumer groups work off. */
export const watchedTopics: readonly WatchedTopic[] = [
  ...Object.entries(workTopics).map(([name, { topic, group }]) => ({
    topic,
    group,
    rule: rules[name as WorkTopicName],
  })),
  ...[authRpc, taskIntakeRpc, healthAggregatorRpc].map(rpcTopic),
];
