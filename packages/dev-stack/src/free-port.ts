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

/** A TCP port on 127.0.0.1 that was free a moment ago; nobody reserves it, so be ready to try again. */
export async function freePort(): Promise<number> {
  const port = await listens(0);
  if (port === undefined) throw new Error('the system has no free port left');
  return port;
}

export async function isPortFree(port: number): Promise<boolean> {
  return (await listens(port)) !== undefined;
}
