import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Step } from './step.ts';

const groups = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'] as const;

/** Every dependency takes its version from the catalog, so that the workspace has one of each. */
export const oneVersion: Step = {
  name: 'one version of each dependency',
  run: async (root) => {
    const folders = ['services', 'packages'].flatMap((parent) =>
      readdirSync(join(root, parent)).map((name) => join(parent, name)),
    );
    const problems: string[] = [];
    for (const file of ['.', ...folders].map((folder) => join(folder, 'package.json'))) {
      if (!existsSync(join(root, file))) continue;
      const manifest = JSON.parse(readFileSync(join(root, file), 'utf8')) as Record<string, unknown>;
      for (const group of groups) {
        for (const [name, version] of Object.entries((manifest[group] ?? {}) as Record<string, string>)) {
          if (version === 'catalog:' || version.startsWith('workspace:')) continue;
          problems.push(
            `${file}: ${name} says ${version}; put the version into the catalog and say catalog:`,
          );
        }
      }
    }
    return { problems };
  },
};
