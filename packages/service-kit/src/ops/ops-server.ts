import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { StartError } from '@backend2/contracts';
import type { Readiness } from '../lifecycle/readiness.ts';
import type { Service } from '../lifecycle/service.ts';
import type { Metrics } from '../metrics/create-metrics.ts';
import { liveness, type Loop } from './liveness.ts';

export interface OpsServerOptions {
  /** 0 takes any free one; `port` on the result tells which. */
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  readonly metrics: Metrics;
  readonly readiness: Readiness;
  /** Read loops that must have turned lately for the process to count as alive. */
  readonly loops?: () => readonly Loop[];
}

export interface OpsServer extends Service {
  readonly port: number;
}

const listen = (server: Server, port: number, host: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'another process listens there' : error.message;
      reject(
        new StartError(
          `The ops port ${host}:${port} cannot be used: ${why}. Set OPS_PORT to a free port, or 0.`,
        ),
      );
    });
    server.listen(port, host, resolve);
  });

/** `/livez`, `/readyz` (`?verbose` lists its checks) and `/metrics`, on a port that is not for the public. */
export const opsServer = (options: OpsServerOptions): OpsServer => {
  const { metrics, readiness, host = '127.0.0.1', loops = () => [] } = options;
  let server: Server | undefined;

  const application = async () => {
    const { default: express } = await import('express');
    const app = express().disable('x-powered-by').disable('etag');
    app.get('/livez', (_request, response) => {
      const { alive, stuck } = liveness(loops());
      response.status(alive ? 200 : 503).json({ status: alive ? 'pass' : 'fail', stuck });
    });
    app.get('/readyz', async (request, response) => {
      const checks = await readiness.check();
      const ready = readiness.state === 'ready' && checks.every(({ status }) => status !== 'fail');
      response.status(ready ? 200 : 503).json({
        status: ready ? 'pass' : 'fail',
        state: readiness.state,
        ...('verbose' in request.query && { checks }),
      });
    });
    app.get('/metrics', async (_request, response) => {
      response.set('content-type', metrics.registry.contentType).send(await metrics.registry.metrics());
    });
    app.use((_request, response) => {
      response
        .status(404)
        .json({ status: 'fail', output: 'This port answers /livez, /readyz and /metrics.' });
    });
    return app;
  };

  return {
    name: 'ops-server',
    get port() {
      return (server?.address() as AddressInfo | null)?.port ?? options.port;
    },
    start: async () => {
      const made = createServer(await application());
      await listen(made, options.port, host);
      server = made;
    },
    stop: async () => {
      const closing = server;
      server = undefined;
      if (!closing) return;
      await new Promise<void>((resolve) => {
        closing.close(() => resolve());
        closing.closeAllConnections();
      });
    },
  };
};
