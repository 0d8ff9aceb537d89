import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loginVariables } from '@backend2/database';
import test from 'ava';
import { parseAllDocuments } from 'yaml';
import { readComposeFile } from '../../containers/compose-file.ts';
import { serviceVariables } from '../../configuration/service-variables.ts';
import { podOf, type Container, type Manifest } from '../manifests.ts';
import { deployments, envOf, everything, named, only, pods, root } from './written.ts';

test('every variable is one that its service knows, and every secret one that is asked for somewhere', (t) => {
  const settings = Object.keys(named('ConfigMap', 'backend2-settings')?.data ?? {});
  for (const { metadata, ...manifest } of deployments) {
    const known = new Map(serviceVariables[metadata.name]?.map((one) => [one.name, one]));
    const container = only({ metadata, ...manifest });
    for (const { name, value, valueFrom } of container.env ?? []) {
      t.true(known.has(name), `${metadata.name} knows no ${name}`);
      t.is(known.get(name)?.sensitive ?? false, valueFrom !== undefined, `${metadata.name}: ${name}`);
      if (valueFrom)
        t.like(valueFrom.secretKeyRef, { name: `backend2-${metadata.name}`, key: name }, metadata.name);
      else t.is(typeof value, 'string', 'a number would be refused by the server');
    }
    for (const name of known.keys())
      t.false(settings.includes(name) && envOf(container, name) !== undefined, `${name} is given twice`);
  }
  const all = new Set(Object.values(serviceVariables).flatMap((list) => list.map(({ name }) => name)));
  const secrets = new Set(
    Object.values(serviceVariables).flatMap((list) =>
      list.filter((one) => one.sensitive).map(({ name }) => name),
    ),
  );
  for (const { data, file } of everything.filter(({ kind }) => kind === 'ConfigMap')) {
    for (const name of Object.keys(data ?? {})) {
      t.true(all.has(name), `${file}: no service knows ${name}`);
      t.false(secrets.has(name), `${file}: ${name} is a secret`);
    }
  }

  const asked = new Set(
    pods.flatMap(({ pod }) =>
      [...(pod.initContainers ?? []), ...pod.containers].flatMap(({ env = [] }) =>
        env.flatMap(({ valueFrom }) =>
          valueFrom ? [`${valueFrom.secretKeyRef.name} ${valueFrom.secretKeyRef.key}`] : [],
        ),
      ),
    ),
  );
  const offered = everything
    .filter(({ kind }) => kind === 'ExternalSecret')
    .flatMap(({ metadata, spec }) =>
      (spec as { data: { secretKey: string }[] }).data.map(
        ({ secretKey }) => `${metadata.name} ${secretKey}`,
      ),
    );
  for (const secret of offered)
    t.true(
      asked.has(secret) || /^backend2-(scaler|bucket|telemetry) /.test(secret),
      `nothing asks for ${secret}`,
    );
  // What most have none of: one that the store lacks would keep back the whole Secret.
  const elsewhere = / REDIS_SENTINEL_PASSWORD$|^backend2-stores /;
  for (const secret of asked)
    t.true(offered.includes(secret) || elsewhere.test(secret), `nothing offers ${secret}`);

  // What is secret and all services read, as a Secret of its own: addresses and logins of trackers and collectors.
  const telemetry = readFileSync(join(root, 'infra/k8s/components/telemetry/kustomization.yaml'), 'utf8');
  t.regex(telemetry, /kind: Deployment[^]*envFrom\/-\n +value:\n +secretRef:\n +name: backend2-telemetry$/m);
  const ofAll = [...secrets].filter(
    (name) =>
      !name.startsWith('REDIS_') &&
      Object.values(serviceVariables).every((list) => list.some((one) => one.name === name)),
  );
  t.deepEqual(
    offered.filter((secret) => secret.startsWith('backend2-telemetry ')).toSorted(),
    ofAll.map((name) => `backend2-telemetry ${name}`).toSorted(),
  );
  const bucket = 'ARTIFACTS_S3_SECRET_ACCESS_KEY';
  for (const manifest of deployments)
    for (const { name, sensitive } of serviceVariables[manifest.metadata.name] ?? [])
      if (sensitive && !ofAll.includes(name) && name !== bucket)
        t.truthy(envOf(only(manifest), name), `${manifest.metadata.name} cannot be given ${name}`);
});

test('the overlay dev makes the Secrets that its pods ask for, each time with passwords of its own', (t) => {
  const make = () =>
    execFileSync('sh', [join(root, 'infra/k8s/overlays/dev/make-secrets')], { encoding: 'utf8' });
  const read = (text: string) =>
    parseAllDocuments(text).flatMap((document) => {
      const { kind, metadata, stringData } = document.toJS() as {
        kind: string;
        metadata: { name: string };
        stringData?: Record<string, string>;
      };
      return kind === 'Secret'
        ? Object.entries(stringData ?? {}).map(([key, value]) => ({ name: `${metadata.name} ${key}`, value }))
        : [];
    });
  const [one, other] = [read(make()), read(make())];
  const made = one.map(({ name }) => name);
  for (const { pod } of pods)
    for (const { env = [] } of [...(pod.initContainers ?? []), ...pod.containers])
      for (const { valueFrom } of env) {
        const { name, key, optional } = valueFrom?.secretKeyRef ?? { optional: true };
        if (!optional) t.true(made.includes(`${name} ${key}`), `${name} ${key}`);
      }
  t.is(other.length, one.length);
  for (const [place, { name, value }] of one.entries()) t.not(other[place]?.value, value, name);
});

test('the one-shot jobs are given what their commands read', (t) => {
  const namesOf = (container: Container | undefined) => container?.env?.map(({ name }) => name) ?? [];
  const preparation = podOf(named('Job', 'preparation') as Manifest);
  t.deepEqual(preparation?.initContainers?.[0]?.args, ['migrate', 'up']);
  t.deepEqual(preparation?.containers[0]?.args, ['roles']);
  t.deepEqual(
    namesOf(preparation?.containers[0]).toSorted(),
    ['DATABASE_URL', ...Object.values(loginVariables)].toSorted(),
  );
  const backup = podOf(named('CronJob', 'backup') as Manifest)?.containers[0];
  t.deepEqual(backup?.args, ['backup']);
  const known = Object.keys(readComposeFile(root).services['backup']?.environment ?? {});
  for (const name of namesOf(backup))
    t.true(known.includes(name) || name === 'REDIS_SENTINEL_PASSWORD', name);
});

test('whoever speaks to Redis is given the settings that say how, and a component adds to them', (t) => {
  const restore = named('Job', 'restore') as Manifest;
  for (const manifest of [...deployments, named('CronJob', 'backup') as Manifest, restore]) {
    const { name } = manifest.metadata;
    t.deepEqual(only(manifest).envFrom, [{ configMapRef: { name: 'backend2-settings' } }], name);
    for (const secret of ['REDIS_URL', 'REDIS_SENTINEL_PASSWORD'])
      t.truthy(envOf(only(manifest), secret), `${name} cannot be given ${secret}`);
  }
  for (const file of readdirSync(join(root, 'infra/k8s/components'), { recursive: true, encoding: 'utf8' }))
    if (file.endsWith('kustomization.yaml'))
      t.notRegex(
        readFileSync(join(root, 'infra/k8s/components', file), 'utf8'),
        /path: \S+\/env(From)?$/m,
        file,
      );
});
