import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Step } from './step.ts';

/** A lockfile that names a server installs from there whatever registry a person has chosen. */
export const lockfile: Step = {
  name: 'lockfile',
  run: async (root) => {
    const problems = readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8')
      .split('\n')
      .flatMap((line, index) =>
        /https?:\/\/|tarball:/.test(line) ? [`pnpm-lock.yaml:${index + 1} names a URL: ${line.trim()}`] : [],
      );
    return { problems };
  },
};
