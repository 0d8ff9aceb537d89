import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { scratch } from './fixtures/scratch.ts';

const fixture = fileURLToPath(new URL('fixtures/find-redis-unprivileged.ts', import.meta.url));
const withAptGet = existsSync('/usr/bin/apt-get') ? test : test.skip;

/** A folder that stands for PATH, where anyone may install. */
function commands(t: ExecutionContext, scripts: Record<string, string>): string {
  const dir = scratch(t);
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(dir, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  symlinkSync('/usr/bin/env', join(dir, 'env'));
  chmodSync(dir, 0o777);
  return dir;
}

function find(path: string): string {
  return spawnSync(process.execPath, ['--conditions=@backend2/source', fixture, path], { encoding: 'utf8' })
    .stdout;
}

const sudo = 'shift; if [ "$1" = true ]; then exit 0; fi; exec "$@"';
const old = 'echo "Redis server v=6.0.16 sha=00000000:0 malloc=jemalloc-5.2.1 bits=64"';
const tooOld = /^StackError: Redis 6\.2 or newer is needed, and PATH has only redis-server 6\.0\./;

test('where no Redis is found or may be installed, every way to get one is named', (t) => {
  const said = find(scratch(t));
  t.true(said.startsWith('StackError: There is no Redis here.'), said);
  for (const way of ['apt-get install', 'dnf install', 'brew install', 'docker run']) {
    t.true(said.includes(way), said);
  }
});

test('a Redis that is too old is named, with ways that bring a newer one', (t) => {
  const said = find(commands(t, { 'redis-server': old }));
  t.regex(said, tooOld);
  t.regex(said, /packages\.redis\.io[\s\S]*docker run .*REDIS_URL=/);
  t.notRegex(said, /apt-get/);
});

withAptGet('where the package of the distribution is too old, installing it is not advised again', (t) => {
  const install = `case "$*" in *redis-server) printf '#!/bin/sh\\n%s\\n' '${old}' >"\${0%/*}/redis-server" && /bin/chmod 755 "\${0%/*}/redis-server" ;; esac`;
  const said = find(commands(t, { sudo, 'apt-get': install }));
  t.regex(said, tooOld);
  t.notRegex(said, /apt-get/);
});

withAptGet('where apt-get fails, what it said is told, with every other way', (t) => {
  const said = find(commands(t, { sudo, 'apt-get': 'echo "E: Could not get lock" >&2; exit 100' }));
  t.regex(said, /^StackError: Debian's redis-server package could not be installed: apt-get failed/);
  t.regex(said, /E: Could not get lock[\s\S]*docker run .*REDIS_URL=/);
});
