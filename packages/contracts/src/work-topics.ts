import { z } from 'zod';
import type { StreamTopic } from './topic.ts';
import { audit, auditRecorderGroup } from './topics/audit.ts';
import { laneTopics, workersGroup } from './topics/lane-jobs.ts';
import { recorderGroup, taskResults } from './topics/task-results.ts';
import { deliverersGroup, webhookDeliveries } from './topics/webhook-deliveries.ts';

/** Streams whose entries are work for one consumer each, and may become dead letters. */
export const workTopicNames = [
  'standard_tasks',
  'lumina_tasks',
  'task_results',
  'webhook_deliveries',
  'audit',
] as const;
export type WorkTopicName = (typeof workTopicNames)[number];
export const workTopicSchema = z.enum(workTopicNames);

export interface WorkTopic {
  readonly topic: StreamTopic<unknown>;
  readonly group: string;
  /** The service that may put its dead letters back. */
  readonly owner: 'auth' | 'task-intake';
}

export const workTopics: Readonly<Record<WorkTopicName, WorkTopic>> = {
  standard_tasks: { topic: laneTopics.standard, group: workersGroup, owner: 'task-intake' },
  lumina_tasks: { topic: laneTopics.lumina, group: workersGroup, owner: 'task-intake' },
  task_results: { topic: taskResults, group: recorderGroup, owner: 'task-intake' },
  webhook_deliveries: { topic: webhookDeliveries, group: deliverersGroup, owner: 'task-intake' },
  audit: { topic: audit, group: auditRecorderGroup, owner: 'auth' },
};
