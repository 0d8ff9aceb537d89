import { webhookFilterNames, webhookPayloadSchema } from '@backend2/contracts';
import type { ComponentSchemas, JsonSchema } from './component-schemas.ts';
import { webhookPayload } from './examples/webhook-examples.ts';

const header = (name: string, description: string, schema: JsonSchema): JsonSchema => ({
  name,
  in: 'header',
  required: true,
  description,
  schema,
});

/** What webhooks are sent, for the document's own section of that name. */
export const webhookMessages = (components: ComponentSchemas): JsonSchema => ({
  event: {
    post: {
      operationId: 'receiveWebhook',
      summary: 'What became of a task or subtask, as Standard Webhooks says',
      description: `Sent to the URL of a webhook whose \`events\` name its type: ${webhookFilterNames.join(', ')}.`,
      security: [],
      parameters: [
        header('webhook-id', 'The same for every attempt.', { type: 'string', format: 'uuid' }),
        header('webhook-timestamp', 'Of this attempt, in seconds.', { type: 'integer' }),
        header(
          'webhook-signature',
          '`v1,` and the base64 HMAC-SHA256 of `<id>.<timestamp>.<body>`; after a rotation one for each secret, separated by spaces.',
          { type: 'string' },
        ),
      ],
      requestBody: {
        required: true,
        content: {
          'application/json': {
            schema: components.of(webhookPayloadSchema, 'output'),
            example: webhookPayload,
          },
        },
      },
      responses: {
        '2XX': { description: 'Taken.' },
        410: { description: 'Gone: the webhook is disabled.' },
        default: { description: 'Tried again, as `Retry-After` says where there is one.' },
      },
    },
  },
});
