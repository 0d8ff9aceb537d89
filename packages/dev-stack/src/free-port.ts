import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

function listens(port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(undefined);
      else reject(error);
    });
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined));
    });
  });
}

/** Below the range from which outgoing connections take theirs, any of which could be first to a port found free. */
const firstPort = 10_000;
const lastPort = 31_999;

/** A TCP port on 127.0.0.1 that was free a moment ago; nobody reserves it, so be ready to try again. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = await listens(randomInt(firstPort, lastPort + 1));
    if (port !== undefined) return port;
  }
  throw new Error(`the system has hardly a free port left from ${firstPort} to ${lastPort}`);
}

export async function isPortFree(port: number): Promise<boolean> {
  return (await listens(port)) !== undefined;
}
