import { fileURLToPath } from 'node:url';
import type { ServiceName } from '@backend2/contracts';
import { freePort, runProcess, until, type RunningProcess, type TestScope } from '@backend2/testkit';
import type { Environment } from '../test/start-system.ts';

/** One process of a service, as a pod is one. */
interface Replica {
  readonly process: RunningProcess;
  /** A gateway's; undefined for all others. */
  readonly url?: string;
}

export interface Fleet {
  /** To whichever gateway says that it is ready, in turn: what a load balancer with readiness probes does. */
  readonly fetch: typeof fetch;
  /** Replaces every replica of the service, one at a time: the new one is ready before the old one is asked to stop. */
  roll(service: ServiceName): Promise<void>;
}

const repository = new URL('../../../', import.meta.url);
const readyWithinMs = 120_000;
/** How often the balancer looks; gateways stay up, unready, for longer than that. */
const probeEveryMs = 100;
const drain = '1s';

export const startFleet = async (
  t: TestScope,
  /** Asked whenever one is started. */
  envOf: (service: ServiceName) => Environment,
  replicas: Readonly<Partial<Record<ServiceName, number>>>,
): Promise<Fleet> => {
  const running = new Map<ServiceName, Replica[]>();
  const start = async (service: ServiceName): Promise<Replica> => {
    const port = service === 'gateway' ? await freePort() : 0;
    const process = runProcess(t, fileURLToPath(new URL(`services/${service}/src/main.ts`, repository)), {
      env: {
        ...envOf(service),
        OPS_PORT: '0',
        PORT: String(port),
        DASHBOARD_DIR: 'none',
        STOP_DRAIN: drain,
      },
    });
    await process.message((message) => (message as { type?: unknown }).type === 'ready', readyWithinMs);
    return { process, ...(port > 0 && { url: `http://127.0.0.1:${port}` }) };
  };

  const names = Object.keys(replicas) as ServiceName[];
  await Promise.all(
    names.map(async (name) => {
      running.set(name, await Promise.all(Array.from({ length: replicas[name] ?? 0 }, () => start(name))));
    }),
  );

  let inRotation: string[] = [];
  let turn = 0;
  const probe = async () => {
    const urls = (running.get('gateway') ?? []).flatMap(({ url }) => url ?? []);
    const ready = await Promise.all(
      urls.map(async (url) => {
        const answer = await fetch(`${url}/readyz`).catch(() => undefined);
        await answer?.body?.cancel();
        return answer?.ok === true;
      }),
    );
    inRotation = urls.filter((_, at) => ready[at]);
  };
  await probe();
  let probing = Promise.resolve();
  const timer = setInterval(() => {
    probing = probe();
  }, probeEveryMs);
  t.teardown(async () => {
    clearInterval(timer);
    await probing;
  });

  return {
    fetch: (input, init) => {
      turn += 1;
      const gateway = inRotation[turn % inRotation.length];
      if (gateway === undefined) throw new Error('no gateway is ready');
      const { pathname, search } = new URL(input instanceof Request ? input.url : input);
      return fetch(`${gateway}${pathname}${search}`, init);
    },
    roll: async (service) => {
      const old = running.get(service) ?? [];
      for (const replica of old) {
        const replacement = await start(service);
        running.set(service, [...(running.get(service) ?? []), replacement]);
        if (replacement.url !== undefined) {
          const { url } = replacement;
          await until(() => inRotation.includes(url), { what: 'the new gateway in rotation' });
        }
        replica.process.kill('SIGTERM');
        const { code } = await replica.process.exited;
        if (code !== 0) throw new Error(`${service} ended with ${code}:\n${replica.process.output}`);
        running.set(
          service,
          (running.get(service) ?? []).filter((each) => each !== replica),
        );
      }
    },
  };
};
