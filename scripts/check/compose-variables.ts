import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Step } from './step.ts';

const report = fileURLToPath(new URL('variables-not-handed-on.ts', import.meta.url));

/** What an operator can set of a service can be set where it runs in a container. */
export const composeVariables: Step = {
  name: 'variables in Compose',
  run: async () => {
    const run = promisify(execFile);
    const { stdout } = await run(process.execPath, ['--conditions=@backend2/source', report]);
    return { problems: stdout.split('\n').filter((line) => line !== '') };
  },
};
