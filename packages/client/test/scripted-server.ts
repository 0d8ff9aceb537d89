import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { ExecutionContext } from 'ava';

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** An HTTP server that answers as told, and remembers what it was asked. */
export const scriptedServer = async (
  t: ExecutionContext,
  answer: (request: SeenRequest, response: ServerResponse, count: number) => void | Promise<void>,
): Promise<{ url: string; seen: SeenRequest[] }> => {
  const seen: SeenRequest[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const { method = '', url = '', headers } = request;
      const entry = { method, url, headers, body: await text(request) };
      seen.push(entry);
      await answer(entry, response, seen.length);
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
};

export const json = (response: ServerResponse, status: number, body: unknown, headers = {}): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
};

export const problem = (response: ServerResponse, status: number, code: string, headers = {}): void =>
  json(
    response,
    status,
    { type: 'about:blank', title: code, status, detail: `It is ${code}.`, code, requestId: 'r1' },
    { 'content-type': 'application/problem+json', ...headers },
  );
