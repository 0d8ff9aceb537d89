import { fileURLToPath } from 'node:url';
import { StackError, openDataFolder } from '@backend2/dev-stack';
import { prepareBackend } from '../start/prepare-backend.ts';
import { stopRequest } from '../stop-request.ts';
import { parseDevOptions } from './options.ts';
import { openDoor } from './stack-socket.ts';

// The `dev` task of packages/dev-stack: the servers, the schema and the first admin that
// `npm start` makes, in the same folder; the services are tasks of their own.

const root = fileURLToPath(new URL('../..', import.meta.url));
const { first: stop, again } = stopRequest();
const say = (line: string) => console.log(line);

try {
  const { dataDir, port } = parseDevOptions(root, process.argv.slice(2));
  process.chdir(root);
  const folder = openDataFolder(dataDir);
  await folder.stopLeftovers();
  const prepared = await prepareBackend({ root, folder, port, env: process.env, say, stop });
  const door = await openDoor(folder.path, prepared.environment);
  if (prepared.firstAdmin !== undefined) {
    const { email, password } = prepared.firstAdmin;
    say(`Admin ${email}, password ${password} (shown only now)`);
  }
  say(`The API and the page will be at http://localhost:${prepared.port}`);
  if (!stop.aborted) {
    await new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve(), { once: true }));
  }
  const asked = new Promise<void>((resolve) =>
    again.addEventListener('abort', () => resolve(), { once: true }),
  );
  await Promise.race([door.close(), asked]);
  await prepared.stop();
  folder.release();
  process.exit(0);
} catch (error) {
  if (stop.aborted) process.exit(0);
  console.error(error instanceof StackError ? error.message : error);
  process.exit(1);
}
