import type { IncomingMessage } from 'node:http';
import { outboundRequest, PrivateAddressError, retryAfterMs } from '@backend2/service-kit';
import type { AttemptFacts } from './postgres-webhook-deliveries.ts';

interface WebhookRequest {
  readonly url: string;
  readonly id: string;
  /** Epoch seconds of this attempt. */
  readonly timestamp: number;
  readonly signature: string;
  readonly body: string;
}

export interface SentWebhook extends AttemptFacts {
  readonly outcome: 'delivered' | 'refused' | 'unreachable' | 'timeout';
  /** As the endpoint asks. */
  readonly retryAfterMs?: number;
}

export interface WebhookSender {
  send(request: WebhookRequest, signal: AbortSignal): Promise<SentWebhook>;
}

export interface WebhookSenderOptions {
  readonly timeoutMs: number;
  readonly privateHosts: readonly string[];
}

/** An answer's body says nothing to us; so much of it is taken, that the sender of a short one is not cut off. */
const mostBodyBytes = 65_536;
const longestRetryAfterMs = 6 * 3_600_000;
const longestError = 300;

const discardBody = async (response: IncomingMessage): Promise<void> => {
  let bytes = 0;
  try {
    for await (const part of response as AsyncIterable<Buffer>) {
      bytes += part.length;
      if (bytes > mostBodyBytes) break;
    }
  } catch {
    // Cut off while it was read: its status had come, and that is the answer.
  } finally {
    response.destroy();
  }
};

/** @throws the signal's reason where it was aborted; whatever else happens is an outcome. */
export const httpWebhookSender = ({ timeoutMs, privateHosts }: WebhookSenderOptions): WebhookSender => ({
  send: async ({ url, id, timestamp, signature, body }, signal) => {
    const began = performance.now();
    const late = AbortSignal.timeout(timeoutMs);
    const facts = (responseStatus: number | null, error: string | null): AttemptFacts => ({
      responseStatus,
      durationMs: Math.round(performance.now() - began),
      error: error && error.slice(0, longestError),
    });
    try {
      const response = await outboundRequest(new URL(url), {
        method: 'POST',
        headers: {
          'user-agent': 'Backend2-Webhooks',
          'content-type': 'application/json',
          'content-length': String(Buffer.byteLength(body)),
          'webhook-id': id,
          'webhook-timestamp': String(timestamp),
          'webhook-signature': signature,
        },
        body,
        signal: AbortSignal.any([signal, late]),
        privateHosts,
      });
      const { statusCode: status = 0, headers } = response;
      await discardBody(response);
      if (status >= 200 && status < 300) return { outcome: 'delivered', ...facts(status, null) };
      const redirected = status >= 300 && status < 400 ? '; redirects are not followed' : '';
      const again = retryAfterMs(headers['retry-after'], longestRetryAfterMs);
      return {
        outcome: 'refused',
        ...facts(status, `The endpoint answered ${status}${redirected}.`),
        ...(again !== undefined && { retryAfterMs: again }),
      };
    } catch (cause) {
      signal.throwIfAborted();
      if (late.aborted)
        return { outcome: 'timeout', ...facts(null, `The endpoint did not answer within ${timeoutMs} ms.`) };
      return { outcome: 'unreachable', ...facts(null, whyUnreachable(cause)) };
    }
  },
});

const whyUnreachable = (cause: unknown): string => {
  if (cause instanceof PrivateAddressError) return `${cause.message}.`;
  const { message, code, name } = cause as NodeJS.ErrnoException;
  return `The endpoint cannot be reached: ${message || code || name}`;
};
