import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { explainFileError } from './stack-error.ts';
import { processStart } from './process-table.ts';
import { signalProcess } from './signal-process.ts';

interface Recorded {
  readonly pid: number;
  readonly started: string;
}

/** A pid file that tells its process from a later one with the same id. */
export function recordProcess(file: string, pid: number): void {
  const recorded: Recorded = { pid, started: processStart(pid) ?? '' };
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(recorded), { mode: 0o600 });
  } catch (error) {
    throw explainFileError(error, file);
  }
}

export function forgetProcess(file: string): void {
  rmSync(file, { force: true });
}

/** The id of the recorded process if that very process still runs. */
export function recordedProcess(file: string): number | undefined {
  let recorded: Partial<Recorded>;
  try {
    recorded = JSON.parse(readFileSync(file, 'utf8')) as Partial<Recorded>;
  } catch {
    return undefined; // absent, or cut short by a crash while it was written
  }
  if (typeof recorded.pid !== 'number' || !recorded.started) return undefined;
  return processStart(recorded.pid) === recorded.started ? recorded.pid : undefined;
}

/** Stops what an earlier run left behind, by SIGKILL after `graceMs`. Returns its id if there was one. */
export async function stopRecorded(
  file: string,
  signal: NodeJS.Signals,
  graceMs = 5_000,
): Promise<number | undefined> {
  const pid = recordedProcess(file);
  if (pid !== undefined) {
    const deadline = Date.now() + graceMs;
    signalProcess(pid, 'SIGCONT');
    signalProcess(pid, signal);
    while (recordedProcess(file) !== undefined) {
      if (Date.now() > deadline) signalProcess(pid, 'SIGKILL');
      await delay(25);
    }
  }
  forgetProcess(file);
  return pid;
}
