import { usePostgres } from '@backend2/testkit';
import test from 'ava';
import pg from 'pg';
import { postgresJson } from '../src/index.ts';

test('whatever JSON allows in a text or a name is stored, what jsonb cannot hold as U+FFFD', async (t) => {
  const { primaryUrl } = await usePostgres(t);
  const client = new pg.Client({ connectionString: primaryUrl });
  await client.connect();
  t.teardown(() => client.end());
  const odd = { 'a\0': 'b\0', '\uD800': ['\uDC00', { '\uD83D\uDE00\0': 1 }], plain: String.raw`\u0000` };
  const { rows } = await client.query<{ kept: unknown }>('select $1::jsonb as kept', [postgresJson(odd)]);
  t.deepEqual(rows[0]?.kept, {
    'a\uFFFD': 'b\uFFFD',
    '\uFFFD': ['\uFFFD', { '\uD83D\uDE00\uFFFD': 1 }],
    plain: String.raw`\u0000`,
  });
});
