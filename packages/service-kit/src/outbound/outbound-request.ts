import { request as requestPlain, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as requestSecure } from 'node:https';
import { assertPublicHost, publicLookup } from './private-networks.ts';

export interface OutboundRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
  /** `host` or `host:port` that may be reached although private. */
  readonly privateHosts: readonly string[];
}

const isAllowed = (url: URL, privateHosts: readonly string[]): boolean =>
  privateHosts.includes(url.hostname) || privateHosts.includes(url.host);

/** @throws PrivateAddressError where the URL itself names an address that may not be reached; a name is looked at when it is connected to. */
export const assertReachable = (url: URL, privateHosts: readonly string[]): void => {
  if (!isAllowed(url, privateHosts)) assertPublicHost(url.hostname);
};

/**
 * One request to a server somebody else named: to public addresses only, over a connection of its own, no redirect
 * followed. Resolves with the head of the answer; its body is the caller's to read or destroy.
 *
 * @throws PrivateAddressError, the signal's reason, or why the server cannot be reached.
 */
export const outboundRequest = (url: URL, request: OutboundRequest): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const { method, headers, body, signal, privateHosts } = request;
    assertReachable(url, privateHosts);
    const options: RequestOptions = {
      method,
      headers,
      signal,
      agent: false,
      ...(!isAllowed(url, privateHosts) && { lookup: publicLookup }),
    };
    const send = url.protocol === 'https:' ? requestSecure : requestPlain;
    const sent = send(url, options, resolve);
    sent.on('error', reject);
    sent.end(body);
  });

/** Seconds or an HTTP date, as milliseconds from now; undefined where it says neither. */
export const retryAfterMs = (value: string | undefined, longestMs: number): number | undefined => {
  if (value === undefined) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.min(longestMs, Math.max(0, ms)) : undefined;
};
