import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Step } from './step.ts';

const report = fileURLToPath(new URL('tables-without-access.ts', import.meta.url));

/** Every table has its users named, so that least privilege in Postgres neither leaks nor starves. */
export const tableAccess: Step = {
  name: 'rights to tables',
  run: async () => {
    const run = promisify(execFile);
    const { stdout } = await run(process.execPath, ['--conditions=@backend2/source', report]);
    return { problems: stdout.split('\n').filter((line) => line !== '') };
  },
};
