import { z } from 'zod';
import { streamTopic } from '../topic.ts';

/** A delivery that is due; what is sent, and where, stands in Postgres under its id, which is the message's too. */
export const webhookJobSchema = z.object({ deliveryId: z.uuid() });
export type WebhookJob = z.infer<typeof webhookJobSchema>;

export const webhookDeliveries = streamTopic('webhook_deliveries', webhookJobSchema);
/** The group of whatever delivers. */
export const deliverersGroup = 'deliverers';
