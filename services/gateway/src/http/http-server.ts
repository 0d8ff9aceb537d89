import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createSecureContext } from 'node:tls';
import { StartError } from '@backend2/contracts';
import type { Service } from '@backend2/service-kit';

export interface HttpServerOptions {
  readonly host: string;
  /** 0 takes any free one; `port` on the result tells which. */
  readonly port: number;
  readonly listener: RequestListener;
  /** With these files it speaks HTTPS alone; new ones under the same names are taken up without a restart. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
  /** Told that a new certificate is in use, or that one cannot be: the old one stays. */
  readonly onCertificate?: (error?: Error) => void;
  /** Ends what would never end by itself; called when the stop begins. */
  readonly onStop?: () => void;
}

export interface HttpServer extends Service {
  readonly port: number;
}

/** Longer than load balancers keep an idle connection, so that they are the ones to close it. */
const keepAliveMs = 65_000;

export const httpServer = (options: HttpServerOptions): HttpServer => {
  const { host, port, listener, onStop, tls } = options;
  let server: Server | undefined;
  return {
    name: 'http-server',
    get port() {
      return (server?.address() as AddressInfo | null)?.port ?? port;
    },
    start: async () => {
      const timeouts = { keepAliveTimeout: keepAliveMs, requestTimeout: 60_000 };
      const made = tls
        ? createSecureServer({ ...timeouts, ...certificateOf(tls), minVersion: 'TLSv1.2' }, listener)
        : createServer(timeouts, listener);
      await new Promise<void>((resolve, reject) => {
        made.once('error', (error: NodeJS.ErrnoException) =>
          reject(new StartError(cannotListen(error, host, port))),
        );
        made.listen(port, host, resolve);
      });
      server = made;
      if (tls) followCertificate(made as SecureServer, tls, options.onCertificate);
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

type Certificate = NonNullable<HttpServerOptions['tls']>;

const certificateOf = (tls: Certificate) => {
  const files = filesOf(tls);
  try {
    createSecureContext(files);
  } catch (cause) {
    throw new StartError(
      `${tls.certFile} and ${tls.keyFile} are no certificate and its key: ${(cause as Error).message}. Set TLS_CERT_FILE and TLS_KEY_FILE to PEM files of one pair.`,
    );
  }
  return files;
};

const filesOf = ({ certFile, keyFile }: Certificate) => {
  try {
    return { cert: readFileSync(certFile), key: readFileSync(keyFile) };
  } catch (cause) {
    throw new StartError(
      `The certificate cannot be read: ${(cause as Error).message}. Set TLS_CERT_FILE and TLS_KEY_FILE to files this user may read.`,
    );
  }
};

const lookAtFilesMs = 2000;

/** By looking at the files and not by being told of changes: a mounted secret changes by a link to another folder. */
const followCertificate = (
  server: SecureServer,
  tls: Certificate,
  onCertificate: HttpServerOptions['onCertificate'],
): void => {
  const reload = () => {
    try {
      server.setSecureContext({ ...certificateOf(tls), minVersion: 'TLSv1.2' });
      onCertificate?.();
    } catch (error) {
      // Half a change: the other file follows.
      onCertificate?.(error as Error);
    }
  };
  const files = [tls.certFile, tls.keyFile];
  for (const file of files) watchFile(file, { interval: lookAtFilesMs, persistent: false }, reload);
  server.once('close', () => {
    for (const file of files) unwatchFile(file, reload);
  });
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
