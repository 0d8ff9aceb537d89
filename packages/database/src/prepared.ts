import type { Client } from 'pg';

const mark = '/* prepared */';

/**
 * A statement of a hot path, which each connection parses and plans once: planning one that joins costs as much as running
 * it over hundreds of rows. For constant texts with values only, as each stays with its connection; and none that answers
 * with `*`, since a column added later changes what such a plan answers, which Postgres refuses.
 */
export const prepared = (sql: string): string => `${mark} ${sql}`;

/** By text, the same on every connection of this process. */
const names = new Map<string, string>();

const nameOf = (text: string): string => {
  let name = names.get(text);
  if (name === undefined) names.set(text, (name = `backend2_${names.size}`));
  return name;
};

type Query = (statement: unknown, ...valuesAndCallback: unknown[]) => unknown;

/** Has the connection keep the statements that `prepared` marked. */
export const keepPrepared = (client: Client): void => {
  const query = client.query.bind(client) as Query;
  (client as { query: Query }).query = (statement, ...rest) =>
    typeof statement === 'string' && statement.startsWith(mark)
      ? query({ name: nameOf(statement), text: statement }, ...rest)
      : query(statement, ...rest);
};
