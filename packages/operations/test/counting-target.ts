import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestScope } from '@backend2/testkit';
import type { ExecutionContext } from 'ava';

/** What subtasks of the kind `http.request` ask: it counts who came, and lets those wait whom it is told to hold. */
export interface CountingTarget {
  readonly host: string;
  /** A template for `{{n}}`. */
  readonly url: string;
  /** How often each `n` came since `forget`. */
  readonly counts: ReadonlyMap<string, number>;
  forget(): void;
  hold(which: (n: string) => boolean): void;
  release(): void;
  /** Demands that so many came, each once. */
  demandEachOnce(t: ExecutionContext, count: number): void;
}

export const startCountingTarget = async (
  t: TestScope,
  { workMs = 0 }: { /** How long a subtask takes. */ readonly workMs?: number } = {},
): Promise<CountingTarget> => {
  const counts = new Map<string, number>();
  let isHeld: (n: string) => boolean = () => false;
  const waiting = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    const n = new URL(request.url ?? '', 'http://target').searchParams.get('n') ?? '';
    counts.set(n, (counts.get(n) ?? 0) + 1);
    if (isHeld(n)) waiting.add(response);
    else setTimeout(() => response.end('{}'), workMs);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    url: `http://${host}/?n={{n}}`,
    counts,
    forget: () => counts.clear(),
    hold: (which) => {
      isHeld = which;
    },
    release: () => {
      isHeld = () => false;
      for (const response of waiting) response.end('{}');
      waiting.clear();
    },
    demandEachOnce: (context, count) => {
      context.is(counts.size, count);
      const again = [...counts].filter(([, times]) => times !== 1);
      context.deepEqual(again, [], 'no cell ran twice');
    },
  };
};
