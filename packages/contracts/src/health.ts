import { z } from 'zod';

export const healthStatuses = ['pass', 'warn', 'fail'] as const;
export type HealthStatus = (typeof healthStatuses)[number];
export const healthStatusSchema = z.enum(healthStatuses);

/** One observation of a component, after draft-inadarei-api-health-check-06. */
export const healthCheckSchema = z.object({
  componentId: z.string().optional(),
  componentType: z.string().optional(),
  observedValue: z.union([z.number(), z.string()]).optional(),
  observedUnit: z.string().optional(),
  status: healthStatusSchema,
  time: z.string(),
  /** Says why, where `status` is not `pass`. */
  output: z.string().optional(),
});
export type HealthCheck = z.infer<typeof healthCheckSchema>;

export const healthViewSchema = z.object({
  status: healthStatusSchema,
  version: z.string().optional(),
  releaseId: z.string().optional(),
  description: z.string().optional(),
  output: z.string().optional(),
  /** By `component:measurement`. */
  checks: z.record(z.string(), z.array(healthCheckSchema)),
});
export type HealthView = z.infer<typeof healthViewSchema>;
