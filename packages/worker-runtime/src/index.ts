export type { TaskContext, TaskHandler } from './handlers/handler.ts';
export { runLaneWorker } from './run-lane-worker.ts';
