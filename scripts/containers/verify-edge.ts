import { expect, type Checklist } from './checklist.ts';
import type { Engine } from './engine.ts';

interface Options {
  readonly list: Checklist;
  readonly machine: Engine;
  /** Of nginx. */
  readonly url: string;
  readonly env: NodeJS.ProcessEnv;
  readonly sweep: () => Promise<string>;
}

/** nginx over TLS in front of two gateways. */
export const verifyEdge = async ({ list, machine, url, env, sweep }: Options): Promise<void> => {
  await list.check('nginx finds its configuration in order', async () => {
    const [nginx] = await machine.containers('nginx');
    const said = await machine.docker(
      'exec',
      nginx?.Id ?? '',
      'nginx',
      '-t',
      '-c',
      '/etc/nginx/backend2.conf',
    );
    expect(said.includes('test is successful'), said);
  });

  await list.check('the example sweep finishes over TLS, and both gateways served it', async () => {
    const said = await sweep();
    const gateways = await machine.containers('edge-gateway');
    expect(gateways.length === 2, `there are ${gateways.length} gateways behind nginx`);
    for (const { Id, Name } of gateways) {
      const log = await machine.docker('logs', Id);
      expect(/"path":"\/api\/v1\//.test(log), `${Name} served nothing`);
    }
    return said;
  });

  await list.check(
    'events come through when they happen, and a body too large is refused as the API does',
    async () => {
      const { status, output } = await machine.outside('scripts/containers/edge-client.ts', [url], env);
      expect(status === 0, output);
      return output.trim().split('\n').join('; ');
    },
  );

  await list.check('gateways count by the address of the client, whatever it claims to be', async () => {
    const [redis] = await machine.containers('redis');
    const keys = await machine.docker(
      'exec',
      '--env',
      `REDISCLI_AUTH=${env['REDIS_PASSWORD_OPERATOR']}`,
      redis?.Id ?? '',
      'redis-cli',
      '--user',
      'operator',
      '--no-auth-warning',
      '--scan',
      '--pattern',
      '*rate:*address:*',
    );
    const counted = [...keys.matchAll(/address:([\d.]+)/g)].map(([, address]) => address);
    const [nginx] = await machine.containers('nginx');
    const own = Object.values(nginx?.NetworkSettings.Networks ?? {}).map(({ IPAddress }) => IPAddress);
    expect(counted.length > 0, `no address is counted: ${keys}`);
    expect(!counted.includes('203.0.113.9'), 'a claimed X-Forwarded-For was believed');
    expect(
      !counted.some((address) => own.includes(address ?? '')),
      `nginx itself is counted: ${counted.join(', ')}`,
    );
    return counted.join(', ');
  });
};
