import pg from 'pg';
import { ConnectionRefusedError } from 'sequelize';
import { timelineSql } from './primary-clock.ts';
import { serverName } from './server-name.ts';
import { serverUrls } from './server-urls.ts';
import { waitWhileAway } from './wait-while-away.ts';

interface Answer {
  readonly url: string;
  /** Rises with each promotion; undefined on a standby. */
  readonly timeline: string | undefined;
}

/** No server takes writes; each one's answer is in the message. */
export class NoPrimaryError extends ConnectionRefusedError {}

const askWithinMs = 2000;
const rememberMs = 1000;
const waitWithinMs = 60_000;

const ask = async (url: string): Promise<Answer> => {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'backend2-primary',
    connectionTimeoutMillis: askWithinMs,
    query_timeout: askWithinMs,
  });
  client.on('error', () => undefined); // the query in flight rejects
  try {
    await client.connect();
    const { rows } = await client.query<{ timeline: string | null }>(`select ${timelineSql}`);
    return { url, timeline: rows[0]?.timeline ?? undefined };
  } finally {
    // One that hangs does not answer the farewell either.
    client.end().catch(() => undefined);
  }
};

const found = new Map<string, { readonly server: Promise<string>; readonly at: number }>();

const search = async (url: string, servers: readonly string[]): Promise<string> => {
  const answers = await Promise.allSettled(servers.map(ask));
  const primaries = answers
    .flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
    .filter((answer): answer is Answer & { timeline: string } => answer.timeline !== undefined)
    // Where a dead primary came back beside its successor, the successor is the one.
    .toSorted((a, b) => b.timeline.localeCompare(a.timeline));
  const [primary] = primaries;
  if (primary) return primary.url;
  const why = answers.flatMap((answer, index) => {
    const server = serverName(servers[index] ?? '');
    return answer.status === 'rejected'
      ? [`${server}: ${(answer.reason as Error).message || String(answer.reason)}`]
      : [`${server} is a standby`];
  });
  const reasons = answers.flatMap((answer) =>
    answer.status === 'rejected' ? [answer.reason as { readonly code?: string }] : [],
  );
  throw new NoPrimaryError(
    new Error(`None of ${serverName(url)} takes writes (${why.join('; ')})`, { cause: reasons }),
  );
};

/** The server that takes writes; one that starts, is slow or is being replaced is waited for, and why is said once. */
export const waitForPrimary = (url: string, say: (line: string) => void): Promise<string> =>
  waitWhileAway(() => search(url, serverUrls(url)), {
    withinMs: waitWithinMs,
    onWait: ({ message }) => say(`${message}; waiting ${waitWithinMs / 1000} s`),
  });

/** The server of a URL with several that takes writes now; the URL itself where it names one. */
export const findPrimary = async (url: string): Promise<string> => {
  const servers = serverUrls(url);
  if (servers.length === 1) return url;
  const known = found.get(url);
  // Connections are opened by the dozen, and the answer holds for a moment.
  if (known && performance.now() - known.at < rememberMs) return known.server;
  const server = search(url, servers);
  found.set(url, { server, at: performance.now() });
  server.catch(() => found.delete(url));
  return server;
};
