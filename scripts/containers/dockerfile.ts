import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Instruction {
  readonly name: string;
  readonly text: string;
}

export interface Stage {
  readonly name: string;
  /** An image or an earlier stage. */
  readonly from: string;
  readonly instructions: readonly Instruction[];
}

/** The stages of infra/docker/Dockerfile, with continued lines joined. */
export const readStages = (root: string): Stage[] => {
  const lines = readFileSync(join(root, 'infra/docker/Dockerfile'), 'utf8')
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const stages: { name: string; from: string; instructions: Instruction[] }[] = [];
  for (const line of lines) {
    const [name = '', ...words] = line.trim().split(/\s+/);
    const text = words.join(' ');
    if (name === 'FROM') stages.push({ name: words[2] ?? '', from: words[0] ?? '', instructions: [] });
    else stages.at(-1)?.instructions.push({ name, text });
  }
  return stages;
};

/** The instructions of a stage and of those it is built on, the oldest first. */
export const inherited = (stages: readonly Stage[], name: string): Instruction[] => {
  const stage = stages.find((one) => one.name === name);
  return stage ? [...inherited(stages, stage.from), ...stage.instructions] : [];
};
