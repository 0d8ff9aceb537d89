import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { StackError } from './stack-error.ts';

/** Below the range from which outgoing connections take theirs, any of which could be first to a port found free. */
const firstPort = 10_000;
const lastPort = 31_999;

/** A TCP port on 127.0.0.1 that was free a moment ago; nobody reserves it, so be ready to try again. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = randomInt(firstPort, lastPort + 1);
    if (await isPortFree(port)) return port;
  }
  throw new Error(`the system has hardly a free port left from ${firstPort} to ${lastPort}`);
}

/** @throws StackError where this user may not listen on it, taken or not. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else if (error.code === 'EACCES') reject(mayNotListen(port));
      else reject(error);
    });
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      server.close(() => resolve(true));
    });
  });
}

const mayNotListen = (port: number) =>
  new StackError(`This user may not listen on port ${port}: choose one of 1024 or above with --port.`);
