import { existsSync, readFileSync } from 'node:fs';
import test from 'ava';
import { serviceVariables } from '../service-variables.ts';
import { nameOf, readRows, rowsOf } from '../variables-table.ts';

const guides = new URL('../../../docs/', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, guides), 'utf8');
const english = read('deployment.md');
const chinese = read('deployment.zh-CN.md');
const remedy = 'run: npx pnpm variables && npx pnpm format';

test('both guides list every variable with its default and who reads it, as the schemas say', (t) => {
  const kept = new Map(readRows(chinese).map((row) => [nameOf(row), row.meaning]));
  t.deepEqual(
    readRows(english),
    rowsOf('en', () => undefined),
    remedy,
  );
  t.deepEqual(
    readRows(chinese),
    rowsOf('zh', (name) => kept.get(name)),
    remedy,
  );
  for (const [name, meaning] of kept) t.regex(meaning, /\p{Script=Han}/u, `${name} is not translated`);
});

test('every variable that the guides speak of is one that something reads', (t) => {
  const known = new Set(
    Object.values(serviceVariables).flatMap((list) =>
      list.flatMap(({ name, aliases }) => [name, ...aliases]),
    ),
  );
  // Of Node, of the images, of Compose and of the operator's commands.
  const others =
    /^(NODE_ENV|NODE_EXTRA_CA_CERTS|BACKEND2_VERSION|COMPOSE_PROFILES|GATEWAY_PORT|GATEWAY_TLS_DIR|ADMIN_EMAIL|EDGE_\w+|BACKUP_\w+|\w+_DATABASE_URL|REDIS_PASSWORD_\w+|DRAMATIQ_\w+)$/;
  for (const text of [english, chinese])
    for (const [, name = ''] of text.matchAll(/`([A-Z][A-Z0-9]*_[A-Z0-9_]*[A-Z0-9])(?:=[^`]*)?`/g))
      t.true(known.has(name) || others.test(name), `nothing reads ${name}`);
});

test('the Chinese guide has the headings, commands and table rows of the English one', (t) => {
  const commands = (text: string) =>
    text
      .split('\n')
      .filter((line) => /^ +(docker|kubectl|git|scripts\/|infra\/|[A-Z0-9_]+=)/.test(line))
      .map((line) => line.trim().split(/ {3,}/)[0]);
  const levels = (text: string) => [...text.matchAll(/^#+(?= )/gm)].map(([level]) => level);
  const rows = (text: string) => [...text.matchAll(/^\|/gm)].length;
  const links = (text: string) => [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, to]) => to).slice(1);
  t.true(commands(english).length > 15);
  for (const part of [commands, levels, rows, links]) t.deepEqual(part(chinese), part(english));
  for (const to of links(english)) t.true(existsSync(new URL(to?.replace(/#.*/, '') ?? '', guides)), to);
});
