import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';

interface Entry {
  readonly parent: number;
  /** Differs between two processes that had the same id one after the other. */
  readonly started: string;
  readonly state: string;
}

function readProc(pid: number): Entry | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command name stands in parentheses and may hold any character, so count from its end.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', parent: Number(fields[1]), started: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}

function ps(args: readonly string[]): string {
  try {
    return execFileSync('ps', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return '';
  }
}

/** Undefined when no such process runs; a zombie counts as gone. */
export function processStart(pid: number): string | undefined {
  if (process.platform === 'linux') {
    const entry = readProc(pid);
    return entry === undefined || entry.state === 'Z' || entry.state === 'X' ? undefined : entry.started;
  }
  return ps(['-o', 'lstart=', '-p', String(pid)]) || undefined;
}

/** Every living descendant, parents before their children. */
export function descendants(pid: number): number[] {
  const parents = new Map<number, number>();
  if (process.platform === 'linux') {
    for (const name of readdirSync('/proc')) {
      const entry = /^\d+$/.test(name) ? readProc(Number(name)) : undefined;
      if (entry !== undefined) parents.set(Number(name), entry.parent);
    }
  } else {
    for (const line of ps(['-A', '-o', 'pid=,ppid=']).split('\n')) {
      const [child, parent] = line.trim().split(/\s+/).map(Number);
      if (child !== undefined && parent !== undefined) parents.set(child, parent);
    }
  }
  const found: number[] = [];
  let generation = [pid];
  while (generation.length > 0) {
    generation = [...parents].filter(([, parent]) => generation.includes(parent)).map(([child]) => child);
    found.push(...generation);
  }
  return found;
}
