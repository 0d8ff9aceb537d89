export { ApiError } from './api-error.ts';
export { createClient, type Client, type ClientOptions } from './create-client.ts';
export type { EventStreamOptions, StreamedEvent } from './event-stream.ts';
export { NetworkError } from './network-error.ts';
export type { NewSchedule, ScheduleFilter } from './schedules-api.ts';
export type { Tokens } from './session.ts';
export {
  exportFormats,
  type ExportFormat,
  type MatrixSlice,
  type NewTask,
  type SubtaskFilter,
  type TaskFilter,
} from './tasks-api.ts';
export type { WaitOptions } from './wait-until-finished.ts';
export {
  verifyWebhook,
  WebhookVerificationError,
  type IncomingWebhook,
  type VerifiedWebhook,
} from './verify-webhook.ts';
export type { DeliveryFilter, NewWebhook, WebhookChanges } from './webhooks-api.ts';
