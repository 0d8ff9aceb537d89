import { eventually, expect, type Checklist } from './checklist.ts';
import { healthOf, type Engine } from './engine.ts';

interface Options {
  readonly list: Checklist;
  readonly machine: Engine;
  readonly services: readonly string[];
  readonly withinMs: number;
}

interface Targets {
  readonly data: {
    readonly activeTargets: readonly {
      readonly health: string;
      readonly scrapeUrl: string;
      readonly lastError: string;
    }[];
  };
}
interface Answer {
  readonly data: { readonly result: readonly { readonly metric: Readonly<Record<string, string>> }[] };
}

/** Prometheus of the profile `monitoring`, with the configuration and rules of infra/prometheus. */
export const verifyPrometheus = async ({ list, machine, services, withinMs }: Options): Promise<void> => {
  await list.check('Prometheus finds every process by the names of the file, and scrapes it', async () => {
    await machine.compose('up', '--detach', '--no-build', '--no-deps', 'prometheus');
    const idOf = async (): Promise<string> => {
      const [container] = await machine.containers('prometheus');
      expect(container !== undefined && healthOf(container) === 'healthy', 'it is not healthy');
      return container?.Id ?? '';
    };
    const ask = async <T>(path: string): Promise<T> => {
      const url = `http://127.0.0.1:9090/api/v1/${path}`;
      return JSON.parse(await machine.docker('exec', await idOf(), 'wget', '-q', '-O', '-', url)) as T;
    };
    const running = (await Promise.all(services.map((name) => machine.containers(name)))).flat();
    await eventually(async () => {
      const { data } = await ask<Targets>('targets?state=active');
      const down = data.activeTargets.filter(({ health }) => health !== 'up');
      expect(
        down.length === 0,
        down.map(({ scrapeUrl, lastError }) => `${scrapeUrl} ${lastError}`).join('\n'),
      );
      // And Prometheus itself.
      expect(data.activeTargets.length === running.length + 1, `${data.activeTargets.length} targets`);
    }, withinMs);
    const { data } = await ask<Answer>('query?query=count(backend2_heartbeat_failures_total)by(service)');
    const seen = data.result.map(({ metric }) => metric['service'] ?? '');
    return `${running.length} processes; metrics of ${seen.length} services`;
  });
};
