import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Step } from './step.ts';
import { runTool } from './tool.ts';

function toolStep(name: string, tool: string, args: readonly string[]): Step {
  return {
    name,
    run: async (root) => {
      const { code, output } = await runTool(root, tool, args);
      return { problems: code === 0 ? [] : [output.trim() || `${tool} ended with ${code}`] };
    },
  };
}

export const format = toolStep('format', 'oxfmt', ['--check', '.']);
export const lint = toolStep('lint', 'oxlint', ['--type-aware', '--deny-warnings', '.']);
export const deadCode = toolStep('dead code', 'knip', ['--no-progress']);

export const types: Step = {
  name: 'types',
  run: async (root) => {
    const projects = ['tsconfig.json', 'packages/dashboard/tsconfig.json'].filter((file) =>
      existsSync(join(root, file)),
    );
    const problems: string[] = [];
    for (const project of projects) {
      const { code, output } = await runTool(root, 'tsc', ['--noEmit', '-p', project]);
      if (code !== 0) problems.push(output.trim());
    }
    return { problems };
  },
};
