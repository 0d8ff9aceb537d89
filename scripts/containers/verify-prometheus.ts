import { dashboardQueries, readDashboards } from '../monitoring/queries.ts';
import { eventually, expect, type Checklist } from './checklist.ts';
import { healthOf, type Engine } from './engine.ts';

interface Options {
  readonly root: string;
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

interface Rules {
  readonly data: {
    readonly groups: readonly {
      readonly rules: readonly {
        readonly name: string;
        readonly health: string;
        readonly lastError?: string;
      }[];
    }[];
  };
}

/** Series that begin with the first thing that goes wrong, or with a webhook; the catalogue holds their names and labels. */
const onlyWhenWrong = new RegExp(
  [
    'status=~"[45]\\.\\."',
    'outcome!="ok"',
    'code=~',
    'event="reject"',
    '> 0$',
    'subtask_failures',
    'breaker_events',
    'stream_(?:dead|lease_lost|reclaimed|reconnected|data_lost)_total',
    'log_dropped',
    'revocations',
    'webhook_attempt',
    'webhook_deliveries',
    'dispatch_renewed',
  ].join('|'),
);

/** Prometheus of the profile `monitoring`, with the configuration and rules of infra/prometheus. */
export const verifyPrometheus = async (options: Options): Promise<void> => {
  const { root, list, machine, services, withinMs } = options;
  const idOf = async (): Promise<string> => {
    const [container] = await machine.containers('prometheus');
    expect(container !== undefined && healthOf(container) === 'healthy', 'it is not healthy');
    return container?.Id ?? '';
  };
  /** One answer a path, in their order; undefined where the server refused it. */
  const askAll = async <T>(paths: readonly string[]): Promise<(T | undefined)[]> => {
    const script = 'for path; do wget -q -O - "http://127.0.0.1:9090/api/v1/$path" | tr -d "\\n"; echo; done';
    const said = await machine.docker('exec', await idOf(), 'sh', '-c', script, 'sh', ...paths);
    return said
      .split('\n')
      .slice(0, paths.length)
      .map((line) => (line.startsWith('{') ? (JSON.parse(line) as T) : undefined));
  };
  const ask = async <T>(path: string): Promise<T> => {
    const [answer] = await askAll<T>([path]);
    if (answer === undefined) throw new Error(`no answer to ${path}`);
    return answer;
  };

  await list.check('Prometheus finds every process by the names of the file, and scrapes it', async () => {
    await machine.compose('up', '--detach', '--no-build', '--no-deps', 'prometheus');
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

  await list.check('every rule is evaluated without a complaint', async () => {
    let count = 0;
    await eventually(async () => {
      const rules = (await ask<Rules>('rules')).data.groups.flatMap((group) => group.rules);
      const ill = rules.filter(({ health }) => health !== 'ok');
      expect(
        rules.length > 0 && ill.length === 0,
        ill.map(({ name, lastError }) => `${name}: ${lastError}`).join('\n'),
      );
      count = rules.length;
    }, withinMs);
    return `${count} rules`;
  });

  await list.check(
    'every query of a dashboard is answered with series of the services that run',
    async () => {
      const queries = dashboardQueries(readDashboards(root));
      let empty: typeof queries = [];
      await eventually(async () => {
        const paths = queries.map(({ expr }) => `query?query=${encodeURIComponent(expr)}`);
        const answers = await askAll<Answer>(paths);
        const refused = queries.filter((_, at) => answers[at] === undefined);
        expect(
          refused.length === 0,
          refused.map(({ where, expr }) => `${where}: ${expr} is refused`).join('\n'),
        );
        empty = queries.filter((_, at) => answers[at]?.data.result.length === 0);
        const missing = empty.filter(({ expr }) => !onlyWhenWrong.test(expr));
        expect(
          missing.length === 0,
          missing.map(({ where, expr }) => `${where}: ${expr} finds nothing`).join('\n'),
        );
      }, withinMs);
      return `${queries.length} queries, ${empty.length} of them of what has not happened here`;
    },
  );
};
