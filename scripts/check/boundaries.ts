import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Step } from './step.ts';
import { runTool } from './tool.ts';

const home = fileURLToPath(new URL('../..', import.meta.url));
const fewest = 50;

interface CruiseSummary {
  readonly summary: {
    readonly totalCruised: number;
    readonly violations: readonly {
      readonly from: string;
      readonly to: string;
      readonly comment?: string;
      readonly rule: { readonly name: string };
    }[];
  };
}

/** `folder` must hold `services` or `packages`; a tree that was hardly read counts as a failure. */
export async function checkBoundaries(folder: string, { atLeast = fewest } = {}) {
  const parts = ['services', 'packages', 'scripts'].filter((part) => existsSync(join(folder, part)));
  const args = ['--config', join(home, '.dependency-cruiser.mjs'), '--output-type', 'json', ...parts];
  const { code, output } = await runTool(home, 'depcruise', args, { cwd: folder });
  let result: CruiseSummary;
  try {
    result = JSON.parse(output) as CruiseSummary;
  } catch {
    return { problems: [`dependency-cruiser failed (${code}): ${output.trim()}`] };
  }
  const { totalCruised, violations } = result.summary;
  const problems = violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`);
  if (totalCruised < atLeast) {
    problems.push(`only ${totalCruised} modules were read, so the rules prove nothing; check the parser`);
  }
  return { problems, note: `${totalCruised} modules` };
}

export const boundaries: Step = { name: 'boundaries', run: (root) => checkBoundaries(root) };
