import type { Engine } from './engine.ts';

const mostLines = 15;
const longest = 1200;

const complains = (line: string): boolean =>
  line.startsWith('{') ? /"level":[56]0\b/.test(line) : /\b(ERROR|FATAL|PANIC)\b/.test(line);

/** What the containers of these services complained of last, to be read before they are taken away. */
export const lastComplaints = async (machine: Engine, services: readonly string[]): Promise<string> => {
  const told: string[] = [];
  for (const service of services) {
    for (const { Id, Name } of await machine.containers(service)) {
      const { output } = await machine.tryDocker('logs', '--timestamps', Id);
      const lines = output.split('\n').filter((line) => complains(line.replace(/^\S+ (?=\{)/, '')));
      if (lines.length === 0) continue;
      told.push(`${Name}:`, ...lines.slice(-mostLines).map((line) => `  ${line.slice(0, longest)}`));
    }
  }
  return told.join('\n');
};
