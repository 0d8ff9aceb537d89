import { once } from 'node:events';
import { chmodSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

// The stack and the services are tasks of their own under one `turbo run dev`, which starts and stops them
// all at once. A service holds its connection to the stack for as long as it runs: by it the service learns
// when it can start, and the stack when it may stop.

/** From where this process stands, because the path of a socket may have no more than some 100 characters. */
const socketIn = (dataDir: string) => relative(process.cwd(), join(dataDir, 'dev.sock'));

export interface StackDoor {
  /** Takes in no further service; resolves when none is left. */
  close(): Promise<void>;
}

/** Gives each service that comes its environment. Only the owner of the folder gets it. */
export async function openDoor(dataDir: string, environment: NodeJS.ProcessEnv): Promise<StackDoor> {
  const path = socketIn(dataDir);
  const server = createServer((service) => {
    service.on('error', () => undefined); // a service that was killed; its connection is closed by it
    service.resume();
    service.write(`${JSON.stringify(environment)}\n`);
  });
  rmSync(path, { force: true });
  server.listen(path);
  await once(server, 'listening');
  chmodSync(path, 0o600);
  return {
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
      }),
  };
}

export interface Admission {
  readonly environment: NodeJS.ProcessEnv;
  /** Resolves when the stack has gone. */
  readonly lost: Promise<void>;
}

/** Waits for the stack to open its door. The connection lasts as long as this process. */
export async function enter(dataDir: string, stop: AbortSignal): Promise<Admission> {
  for (;;) {
    const admission = await knock(socketIn(dataDir));
    if (admission !== undefined) return admission;
    await delay(100, undefined, { signal: stop });
  }
}

function knock(path: string): Promise<Admission | undefined> {
  const stack = connect(path).setEncoding('utf8');
  const lost = new Promise<void>((resolve) => stack.once('close', () => resolve()));
  return new Promise((resolve) => {
    let text = '';
    stack.on('data', (more: string) => {
      text += more;
      if (text.endsWith('\n')) resolve({ environment: JSON.parse(text) as NodeJS.ProcessEnv, lost });
    });
    stack.on('error', () => undefined); // not there yet, or stopping; it is closed then
    void lost.then(() => resolve(undefined));
  });
}
