import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Service } from '@backend2/service-kit';

export interface HttpServerOptions {
  readonly host: string;
  /** 0 takes any free one; `port` on the result tells which. */
  readonly port: number;
  readonly listener: RequestListener;
  /** Ends what would never end by itself; called when the stop begins. */
  readonly onStop?: () => void;
}

export interface HttpServer extends Service {
  readonly port: number;
}

/** Longer than load balancers keep an idle connection, so that they are the ones to close it. */
const keepAliveMs = 65_000;

export const httpServer = ({ host, port, listener, onStop }: HttpServerOptions): HttpServer => {
  let server: Server | undefined;
  return {
    name: 'http-server',
    get port() {
      return (server?.address() as AddressInfo | null)?.port ?? port;
    },
    start: async () => {
      const made = createServer({ keepAliveTimeout: keepAliveMs, requestTimeout: 60_000 }, listener);
      await new Promise<void>((resolve, reject) => {
        made.once('error', (error: NodeJS.ErrnoException) =>
          reject(new Error(cannotListen(error, host, port))),
        );
        made.listen(port, host, resolve);
      });
      server = made;
    },
    stop: async (hard) => {
      const closing = server;
      server = undefined;
      if (!closing) return;
      const closed = new Promise<void>((resolve) => void closing.close(() => resolve()));
      onStop?.();
      const cut = (): void => closing.closeAllConnections();
      if (hard.aborted) cut();
      hard.addEventListener('abort', cut, { once: true });
      // `close` ends what is idle at that moment; a connection that falls idle later would wait out its keep-alive.
      const sweep = setInterval(() => closing.closeIdleConnections(), 50);
      await closed;
      clearInterval(sweep);
    },
  };
};

const cannotListen = ({ code, message }: NodeJS.ErrnoException, host: string, port: number): string => {
  const place = `${host}:${port}`;
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} on ${host} is taken by another process. Stop it, or set PORT to a free port.`;
    case 'EACCES':
      return `This user may not listen on ${place}. Set PORT to a port of 1024 or above.`;
    case 'EADDRNOTAVAIL':
      return `${host} is not an address of this machine. Set HOST to one that is, or to 0.0.0.0.`;
    default:
      return `The gateway cannot listen on ${place}: ${message}.`;
  }
};
