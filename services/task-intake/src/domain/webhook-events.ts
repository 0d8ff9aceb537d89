import {
  webhookEventGroups,
  type SubtaskError,
  type ArtifactView,
  type TaskView,
  type WebhookEventType,
  type WebhookFilterName,
  type WebhookPayload,
} from '@backend2/contracts';

/** A webhook that hears of a task, and of what. */
export interface Listener {
  readonly id: string;
  readonly events: readonly WebhookFilterName[];
}

export interface WebhookEvent {
  readonly type: WebhookEventType;
  readonly taskId: string;
  /** JSON, below 20 kB. */
  readonly body: string;
}

const mostArtifacts = 20;
/** Receivers are promised fewer than 20,000 bytes. */
const longestBody = 19_000;

export const hears = ({ events }: Listener, type: WebhookEventType): boolean =>
  events.some(
    (name) =>
      name === type ||
      (name in webhookEventGroups &&
        (webhookEventGroups[name as keyof typeof webhookEventGroups] as readonly string[]).includes(type)),
  );

export type TaskEventType = Extract<WebhookEventType, `task.${string}`>;

type Standing = Pick<TaskView, 'state' | 'startedAt'>;

/** What of a task's change there is to tell, in order. Its start is told once, however often it is retried. */
export const taskEventTypes = (before: Standing, after: Standing): TaskEventType[] => {
  const types: TaskEventType[] = [];
  if (before.startedAt === null && after.startedAt !== null && after.state !== 'cancelled')
    types.push('task.started');
  if (before.state === after.state) return types;
  switch (after.state) {
    case 'succeeded':
    case 'partially_failed':
    case 'failed':
    case 'cancelled':
      types.push(`task.${after.state}`);
      return types;
    case 'pending':
    case 'running':
    case 'paused':
      return types;
  }
};

const event = (payload: WebhookPayload & { type: WebhookEventType }, taskId: string): WebhookEvent => ({
  type: payload.type,
  taskId,
  body: JSON.stringify(payload),
});

export const taskEvent = (type: TaskEventType, task: TaskView, at: Date): WebhookEvent => {
  const { id: taskId, name, kind, lane, tags, total, counts, createdAt, startedAt, finishedAt } = task;
  const data = { taskId, name, kind, lane, tags, total, counts, createdAt, startedAt, finishedAt };
  return event({ type, timestamp: at.toISOString(), data }, taskId);
};

export interface EndedSubtask {
  readonly ordinal: number;
  readonly run: number;
  readonly attempt: number;
  readonly state: 'succeeded' | 'failed';
  readonly error: SubtaskError | null;
  readonly artifacts: readonly ArtifactView[];
  readonly durationMs: number | null;
}

/** Artifacts and errors are the handlers' own words: cut where they would make the body too long. */
export const subtaskEvent = (
  task: { readonly id: string; readonly name: string },
  subtask: EndedSubtask,
  at: Date,
): WebhookEvent => {
  const { ordinal, run, attempt, state, error, artifacts, durationMs } = subtask;
  const data = {
    taskId: task.id,
    taskName: task.name,
    ordinal,
    run,
    attempt,
    error: error && { code: error.code.slice(0, 200), message: error.message.slice(0, 1000) },
    artifacts: artifacts.slice(0, mostArtifacts),
    durationMs,
  };
  const made = (listed: ArtifactView[]) =>
    event(
      { type: `subtask.${state}`, timestamp: at.toISOString(), data: { ...data, artifacts: listed } },
      task.id,
    );
  const whole = made(data.artifacts);
  return Buffer.byteLength(whole.body) <= longestBody ? whole : made([]);
};
