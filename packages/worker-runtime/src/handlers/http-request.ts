import type { IncomingMessage } from 'node:http';
import { httpRequestInputSchema, type HttpRequestInput, type Json } from '@backend2/contracts';
import { inSpan, outboundRequest, PrivateAddressError, retryAfterMs } from '@backend2/service-kit';
import { PermanentError } from '@backend2/streams';
import { jsonBytes, maxResultBytes } from '../result-size.ts';
import { SubtaskFailure } from '../subtask-failure.ts';
import { defineHandler, type TaskContext } from './handler.ts';

export interface HttpRequestOptions {
  /** `host` or `host:port` that may be reached although private. */
  readonly privateHosts?: readonly string[];
  /** Longest body taken. Default 5 MB. */
  readonly maxBytes?: number;
}

/** Headers that would let a task speak for the worker's own connection. */
const ownHeaders = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'upgrade',
  'expect',
  'te',
]);
const shownHeaders = ['content-type', 'content-length', 'etag', 'last-modified', 'location', 'retry-after'];
const again = new Set([408, 425, 429]);
const longestPauseMs = 3_600_000;
/** The headers shown take their part of a result. */
const maxInlineBytes = maxResultBytes / 2;

const refusal = ({ message }: PrivateAddressError) =>
  new PermanentError(`${message} by http.request; an operator may list it in HTTP_PRIVATE_HOSTS.`);

/** A server that cannot be reached is no defect of ours, and may be back later. */
const unreachable = (url: URL, cause: unknown, signal: AbortSignal): unknown => {
  if (cause instanceof PrivateAddressError) return refusal(cause);
  if (signal.aborted || !(cause instanceof Error)) return cause;
  const why = cause.message || (cause as NodeJS.ErrnoException).code || cause.name;
  return new SubtaskFailure('http_unreachable', `${url.host} cannot be reached: ${why}`, {
    permanent: false,
    cause,
  });
};

const readBody = async (response: IncomingMessage, maxBytes: number): Promise<Buffer> => {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > maxBytes) {
      response.destroy();
      throw new PermanentError(`The answer is longer than the ${maxBytes} bytes that http.request takes.`);
    }
    parts.push(part);
  }
  return Buffer.concat(parts);
};

const checkStatus = ({ statusCode: status = 0, headers }: IncomingMessage): void => {
  if (status >= 200 && status < 300) return;
  if (status >= 300 && status < 400) {
    throw new SubtaskFailure(
      'http_redirect',
      `The server answered ${status} and points to ${headers.location ?? 'nowhere'}; redirects are not followed.`,
      {
        permanent: true,
      },
    );
  }
  throw new SubtaskFailure('http_status', `The server answered ${status}.`, {
    permanent: status < 500 && !again.has(status),
    retryAfterMs: retryAfterMs(headers['retry-after'], longestPauseMs),
  });
};

/** Undefined for content that is neither JSON nor text. */
const valueOf = (bytes: Buffer, contentType: string): Json | undefined => {
  if (bytes.length === 0) return null;
  if (/^text\//i.test(contentType)) return bytes.toString('utf8');
  if (!/^application\/([\w.-]+\+)?json\b/i.test(contentType)) return undefined;
  try {
    return JSON.parse(bytes.toString('utf8')) as Json;
  } catch (cause) {
    throw new SubtaskFailure('http_body', 'The answer says it is JSON and is not.', {
      permanent: false,
      cause,
    });
  }
};

const bodyOf = async (bytes: Buffer, contentType: string, context: TaskContext): Promise<Json> => {
  const value = valueOf(bytes, contentType);
  if (value !== undefined && jsonBytes(value) <= maxInlineBytes) return value;
  const { id } = await context.saveArtifact({
    bytes,
    contentType: contentType || 'application/octet-stream',
  });
  return { artifact: id };
};

/**
 * `http.request`: one request, no redirects. A 2xx succeeds, 408, 425, 429 and 5xx are tried again (heeding
 * `Retry-After`), anything else fails for good. JSON and text become the result where they are short, other content an
 * artifact.
 */
export const httpRequest = ({ privateHosts = [], maxBytes = 5_000_000 }: HttpRequestOptions = {}) =>
  defineHandler<HttpRequestInput>({
    kind: 'http.request',
    input: httpRequestInputSchema,
    async run(input, context): Promise<Json> {
      const url = new URL(input.url);
      if (url.username !== '' || url.password !== '')
        throw new PermanentError('The URL must not hold a user or password; send an Authorization header.');
      const refused = Object.keys(input.headers ?? {}).find((name) => ownHeaders.has(name.toLowerCase()));
      if (refused !== undefined) throw new PermanentError(`The header "${refused}" cannot be set by a task.`);

      const body =
        input.body === undefined
          ? undefined
          : typeof input.body === 'string'
            ? input.body
            : JSON.stringify(input.body);
      const typed = Object.keys(input.headers ?? {}).some((name) => name.toLowerCase() === 'content-type');
      const headers = {
        'user-agent': 'Backend2',
        ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
        ...(body !== undefined &&
          !typed && {
            'content-type': typeof input.body === 'string' ? 'text/plain; charset=utf-8' : 'application/json',
          }),
        ...input.headers,
      };
      const attributes = { 'http.request.method': input.method, 'server.address': url.hostname };
      const response = await inSpan(input.method, { kind: 'client', attributes }, async (span) => {
        const opened = await outboundRequest(url, {
          method: input.method,
          headers: { traceparent: span.traceparent, ...headers },
          ...(body !== undefined && { body }),
          signal: context.signal,
          privateHosts,
        }).catch((error: unknown) => {
          throw unreachable(url, error, context.signal);
        });
        span.set({ 'http.response.status_code': opened.statusCode ?? 0 });
        return opened;
      });
      try {
        checkStatus(response);
      } catch (error) {
        response.destroy();
        throw error;
      }
      const bytes = await readBody(response, maxBytes);
      const shown = shownHeaders.flatMap((name): [string, Json][] => {
        const value = response.headers[name];
        return typeof value === 'string' ? [[name, value]] : [];
      });
      return {
        status: response.statusCode ?? 0,
        headers: Object.fromEntries(shown),
        body: await bodyOf(bytes, response.headers['content-type'] ?? '', context),
      };
    },
  });
