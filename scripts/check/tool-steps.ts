import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Step } from './step.ts';
import { runTool } from './tool.ts';

function toolStep(
  name: string,
  tool: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Step {
  return {
    name,
    run: async (root) => {
      const { code, output } = await runTool(root, tool, args, { env });
      return { problems: code === 0 ? [] : [output.trim() || `${tool} ended with ${code}`] };
    },
  };
}

export const format = toolStep('format', 'oxfmt', ['--check', '.']);
// Each further checker of types looks at the shared ones anew: two take twice the processor time of one, on two cores.
export const lint = toolStep('lint', 'oxlint', ['--type-aware', '--deny-warnings', '.'], { GOMAXPROCS: '1' });
export const deadCode = toolStep('dead code', 'knip', ['--no-progress']);

export const types: Step = {
  name: 'types',
  run: async (root) => {
    const projects = ['tsconfig.json', 'packages/dashboard/tsconfig.json'].filter((file) =>
      existsSync(join(root, file)),
    );
    const problems: string[] = [];
    for (const project of projects) {
      const { code, output } = await runTool(root, 'tsc', ['--noEmit', '--checkers', '1', '-p', project]);
      if (code !== 0) problems.push(output.trim());
    }
    return { problems };
  },
};
