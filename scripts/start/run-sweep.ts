import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiError, type Client, type NewTask, createClient } from '@backend2/client';
import type { TaskView } from '@backend2/contracts';
import { StackError, explainFileError } from '@backend2/dev-stack';
import type { Credentials } from './first-admin.ts';
import type { Progress } from './progress.ts';

export interface SweepOptions {
  readonly url: string;
  readonly apiPath: string | undefined;
  readonly credentials: Credentials;
  /** JSON: `{ "tasks": [...] }`, each as POST /tasks takes it. */
  readonly file: string;
  /** Where the contact sheets go. */
  readonly folder: string;
  readonly progress: Progress;
  readonly say: (line: string) => void;
  readonly stop: AbortSignal;
}

export interface SweepResult {
  readonly tasks: readonly TaskView[];
  readonly sheets: readonly string[];
  /** Every subtask of every task. */
  readonly succeeded: boolean;
}

/** Signs in and runs the tasks of a file through the public API, as any user would. */
export async function runSweep(options: SweepOptions): Promise<SweepResult> {
  const { url, apiPath, credentials, file, progress, say, stop } = options;
  const client = createClient({ baseUrl: url, ...(apiPath !== undefined && { apiPath }) });
  await signIn(client, credentials);
  const { tasks: wanted } = JSON.parse(readFileSync(file, 'utf8')) as { tasks: NewTask[] };
  const submitted = [];
  for (const task of wanted) {
    const created = await client.tasks.create(task);
    say(`Submitted "${created.name}" to lane ${created.lane}: ${created.total} images`);
    submitted.push(created);
  }

  let tasks: TaskView[];
  try {
    tasks = await Promise.all(
      submitted.map(({ id }) =>
        client.tasks.waitUntilFinished(id, { signal: stop, onProgress: (task) => progress.update(task) }),
      ),
    );
  } finally {
    progress.stop();
  }
  for (const { lane, counts, total } of tasks) say(`Lane ${lane}: ${counts.succeeded} of ${total} succeeded`);
  for (const task of tasks) await sayFailures(client, task, say);

  const sheets: string[] = [];
  for (const { id } of tasks) sheets.push(await saveContactSheet(client, id, options));
  for (const sheet of sheets) say(`Contact sheet: ${sheet}`);
  return { tasks, sheets, succeeded: tasks.every(({ counts, total }) => counts.succeeded === total) };
}

async function signIn(client: Client, { email, password }: Credentials): Promise<void> {
  try {
    await client.auth.signIn(email, password);
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'invalid_grant') throw error;
    throw new StackError(
      `${email} could not sign in to submit the sweep; its password may have been changed: ` +
        'set BACKEND2_EMAIL and BACKEND2_PASSWORD, or leave the sweep out with --no-sweep.',
      { cause: error },
    );
  }
}

async function saveContactSheet(client: Client, taskId: string, { folder, stop }: SweepOptions) {
  const response = await client.tasks.export(taskId, 'png', { signal: stop });
  const path = join(folder, `contact-sheet-${taskId}.png`);
  try {
    await writeFile(path, new Uint8Array(await response.arrayBuffer()));
  } catch (error) {
    throw explainFileError(error, path);
  }
  return path;
}

async function sayFailures(client: Client, task: TaskView, say: (line: string) => void): Promise<void> {
  if (task.counts.failed === 0) return;
  const { items } = await client.tasks.subtasks(task.id, { state: 'failed', limit: 3 });
  for (const { ordinal, error } of items) {
    say(`  subtask ${ordinal} failed: ${error?.message ?? 'no reason was recorded'}`);
  }
}
