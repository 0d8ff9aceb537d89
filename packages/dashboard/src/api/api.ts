import type {
  EstimateView,
  HealthView,
  Issue,
  MatrixView,
  Page,
  SubtaskPatch,
  SubtaskView,
  TaskDetail,
  TaskEvent,
  TaskSubmission,
  TaskView,
  UserView,
} from '@backend2/contracts';
import type { TaskFilters } from '../state/route.ts';

export const exportFormats = ['png', 'csv', 'json', 'zip'] as const;
export type ExportFormat = (typeof exportFormats)[number];
export type TaskAction = 'cancel' | 'pause' | 'resume' | 'retry';
export type Connection = 'connecting' | 'live' | 'reconnecting';

export interface SliceQuery {
  readonly x?: string;
  readonly y?: string;
  readonly fixed: Record<string, number>;
}

/** What the page asks of the public API. Every call rejects with an ApiFailure. */
export interface Api {
  signIn(email: string, password: string): Promise<UserView>;
  signOut(): Promise<void>;
  /** Null where no one is signed in. */
  currentUser(): Promise<UserView | null>;
  listTasks(
    query: TaskFilters & { cursor?: string; limit?: number },
    signal?: AbortSignal,
  ): Promise<Page<TaskView>>;
  getTask(taskId: string, signal?: AbortSignal): Promise<TaskDetail>;
  createTask(submission: TaskSubmission): Promise<TaskDetail>;
  estimate(submission: TaskSubmission, signal?: AbortSignal): Promise<EstimateView>;
  act(taskId: string, action: TaskAction): Promise<TaskView>;
  deleteTask(taskId: string): Promise<void>;
  matrix(taskId: string, query: SliceQuery, signal?: AbortSignal): Promise<MatrixView>;
  getSubtask(taskId: string, ordinal: number, signal?: AbortSignal): Promise<SubtaskView>;
  patchSubtask(taskId: string, ordinal: number, patch: SubtaskPatch): Promise<SubtaskView>;
  retrySubtask(taskId: string, ordinal: number): Promise<SubtaskView>;
  /** Events in order until the signal aborts; breaks are mended inside and told through `onConnection`. */
  events(
    taskId: string,
    options: { signal: AbortSignal; onConnection: (connection: Connection) => void },
  ): AsyncIterable<TaskEvent>;
  exportTask(taskId: string, format: ExportFormat): Promise<Blob>;
  health(signal?: AbortSignal): Promise<HealthView>;
}

/** A refusal or a failure, in words for the person at the page. */
export class ApiFailure extends Error {
  /** 0 where no answer came. */
  readonly status: number;
  readonly code: string;
  readonly issues: readonly Issue[];

  constructor(status: number, code: string, message: string, issues: readonly Issue[] = []) {
    super(message);
    this.name = 'ApiFailure';
    this.status = status;
    this.code = code;
    this.issues = issues;
  }
}

export const isAbort = (error: unknown): boolean => error instanceof Error && error.name === 'AbortError';

export const wordsOf = (error: unknown): string =>
  error instanceof Error ? error.message : 'Something unexpected went wrong.';
