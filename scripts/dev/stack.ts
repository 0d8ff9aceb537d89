import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StackError, openDataFolder } from '@backend2/dev-stack';
import { prepareBackend } from '../start/prepare-backend.ts';
import { stopRequest } from '../stop-request.ts';
import { removeEnvironment, writeEnvironment } from './environment-file.ts';

// The `dev` task of packages/dev-stack: the servers, the schema and the first admin that
// `npm start` makes, in the same folder; the services are tasks of their own.

const root = fileURLToPath(new URL('../..', import.meta.url));
const { first: stop } = stopRequest();
const say = (line: string) => console.log(line);

try {
  const folder = openDataFolder(join(root, '.data'));
  removeEnvironment(folder.path);
  const prepared = await prepareBackend({ root, folder, port: undefined, env: process.env, say, stop });
  writeEnvironment(folder.path, prepared.environment);
  if (prepared.firstAdmin !== undefined) {
    const { email, password } = prepared.firstAdmin;
    say(`Admin ${email}, password ${password} (shown only now)`);
  }
  say(`The API and the page will be at http://localhost:${prepared.port}`);
  if (!stop.aborted) {
    await new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve(), { once: true }));
  }
  removeEnvironment(folder.path);
  await prepared.stop();
  folder.release();
  process.exit(0);
} catch (error) {
  console.error(error instanceof StackError ? error.message : error);
  process.exit(1);
}
