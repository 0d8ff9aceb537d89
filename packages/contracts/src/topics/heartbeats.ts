import { z } from 'zod';
import { healthStatusSchema } from '../health.ts';
import { laneSchema } from '../lanes.ts';
import { streamTopic } from '../topic.ts';

export const services = [
  'gateway',
  'auth',
  'task-intake',
  'standard-worker',
  'lumina-worker',
  'health-aggregator',
] as const;
export type ServiceName = (typeof services)[number];

/** Sent by every process, every `heartbeatMs`; `state: "stopped"` is the last of a graceful stop. */
export const heartbeatSchema = z.object({
  service: z.enum(services),
  instance: z.string(),
  host: z.string(),
  pid: z.int(),
  version: z.string(),
  state: z.enum(['starting', 'ready', 'draining', 'stopped']),
  startedAt: z.number(),
  at: z.number(),
  /** What the process itself finds of its dependencies. */
  checks: z.array(z.object({ name: z.string(), status: healthStatusSchema, output: z.string().optional() })),
  /** Workers only. */
  work: z
    .object({
      lane: laneSchema,
      slots: z.int(),
      busy: z.int(),
      kinds: z.array(z.string()),
      /** By kind, JSON Pointers into its input: what stands there is costly to switch, as a checkpoint is. */
      costlyInputs: z.record(z.string(), z.array(z.string())).default({}),
    })
    .optional(),
});
export type Heartbeat = z.infer<typeof heartbeatSchema>;

export const heartbeatMs = 3000;
export const heartbeats = streamTopic('heartbeats', heartbeatSchema, { retain: 2000 });
