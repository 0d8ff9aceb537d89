export { defineHandler, type TaskContext, type TaskHandler } from './handlers/handler.ts';
export { runLaneWorker } from './run-lane-worker.ts';
export { workerConfig } from './worker-config.ts';
