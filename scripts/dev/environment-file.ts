import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const fileIn = (dataDir: string) => join(dataDir, 'dev-environment.json');

/** Written by the stack when it is ready, read by each service's `dev` task; only the owner may read it. */
export function writeEnvironment(dataDir: string, environment: NodeJS.ProcessEnv): void {
  const draft = `${fileIn(dataDir)}.draft`;
  writeFileSync(draft, JSON.stringify(environment), { mode: 0o600 });
  renameSync(draft, fileIn(dataDir));
}

export function removeEnvironment(dataDir: string): void {
  rmSync(fileIn(dataDir), { force: true });
}

/** Waits for the stack, which runs beside it under the same `turbo run dev`. */
export async function readEnvironment(dataDir: string, stop: AbortSignal): Promise<NodeJS.ProcessEnv> {
  const file = fileIn(dataDir);
  while (!existsSync(file)) await delay(100, undefined, { signal: stop });
  return JSON.parse(readFileSync(file, 'utf8')) as NodeJS.ProcessEnv;
}
