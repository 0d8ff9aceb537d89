import { fileURLToPath } from 'node:url';
import { serviceVariables } from '../configuration/service-variables.ts';
import { readComposeFile } from '../containers/compose-file.ts';

// Prints a line a variable that a service reads and docker-compose.yml does not hand on to it, or the other way round.
// Run by compose-variables.ts, from source.

/** Decided by the image and the file, or of no use in them. */
const fixed =
  /^(HOST|PORT|OPS_|ARTIFACTS_DIR|DASHBOARD_DIR|DEBUG|LOG_DIR|LOG_FILE_|REDIS_SENTINEL|REDIS_CLUSTER|WORKER_QUEUE)/;
/** What is behind nginx, which has the certificate. */
const behindNginx = /^TLS_/;

const { services } = readComposeFile(fileURLToPath(new URL('../..', import.meta.url)));
for (const [name, schema] of [
  ...Object.keys(serviceVariables).map((service) => [service, service] as const),
  ['edge-gateway', 'gateway'] as const,
]) {
  const variables = serviceVariables[schema] ?? [];
  const given = new Set(Object.keys(services[name]?.environment ?? {}));
  const known = new Set(variables.flatMap((variable) => [variable.name, ...variable.aliases]));
  for (const variable of variables) {
    if (fixed.test(variable.name) || (name === 'edge-gateway' && behindNginx.test(variable.name))) continue;
    if ([variable.name, ...variable.aliases].some((one) => given.has(one))) continue;
    console.log(`docker-compose.yml does not hand ${variable.name} on to ${name}: add it as the others are`);
  }
  for (const one of given)
    if (!known.has(one))
      console.log(`docker-compose.yml gives ${name} ${one}, which its schema does not read`);
}
