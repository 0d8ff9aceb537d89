import {
  pageSchema,
  scheduleViewSchema,
  taskDetailSchema,
  type Page,
  type SchedulePatch,
  type ScheduleView,
  type TaskDetail,
  type scheduleCreationSchema,
} from '@backend2/contracts';
import type { z } from 'zod';
import { everyItem } from './paging.ts';
import { randomKey } from './random-key.ts';
import type { Transport } from './transport.ts';

export type NewSchedule = z.input<typeof scheduleCreationSchema>;

export interface ScheduleFilter {
  /** For admins. */
  readonly owner?: string;
  readonly limit?: number;
}

const page = pageSchema(scheduleViewSchema);

/** Tasks submitted at the times of a cron expression. */
export const schedulesApi = (transport: Transport) => {
  const pathOf = (scheduleId: string, rest = ''): string =>
    `/schedules/${encodeURIComponent(scheduleId)}${rest}`;
  const list = (query: ScheduleFilter & { cursor?: string } = {}): Promise<Page<ScheduleView>> =>
    transport.json({ method: 'GET', path: '/schedules', query: { ...query } }, page);
  const change = (scheduleId: string, action: string): Promise<ScheduleView> =>
    transport.json({ method: 'POST', path: pathOf(scheduleId, `/${action}`) }, scheduleViewSchema);
  return {
    /** Sent with an idempotency key, so that a retry after a lost answer makes no second one. */
    create: (schedule: NewSchedule, options: { idempotencyKey?: string } = {}): Promise<ScheduleView> =>
      transport.json(
        {
          method: 'POST',
          path: '/schedules',
          body: schedule,
          headers: { 'idempotency-key': options.idempotencyKey ?? randomKey() },
          repeatable: true,
        },
        scheduleViewSchema,
      ),
    list,
    iterate: (filter: ScheduleFilter = {}): AsyncGenerator<ScheduleView> =>
      everyItem((cursor) => list({ ...filter, ...(cursor === undefined ? {} : { cursor }) })),
    get: (scheduleId: string): Promise<ScheduleView> =>
      transport.json({ method: 'GET', path: pathOf(scheduleId) }, scheduleViewSchema),
    update: (scheduleId: string, patch: SchedulePatch): Promise<ScheduleView> =>
      transport.json({ method: 'PATCH', path: pathOf(scheduleId), body: patch }, scheduleViewSchema),
    delete: (scheduleId: string): Promise<void> =>
      transport.empty({ method: 'DELETE', path: pathOf(scheduleId) }),
    pause: (scheduleId: string): Promise<ScheduleView> => change(scheduleId, 'pause'),
    resume: (scheduleId: string): Promise<ScheduleView> => change(scheduleId, 'resume'),
    /** Submits its task now, beside its times. */
    run: (scheduleId: string, options: { idempotencyKey?: string } = {}): Promise<TaskDetail> =>
      transport.json(
        {
          method: 'POST',
          path: pathOf(scheduleId, '/run'),
          headers: { 'idempotency-key': options.idempotencyKey ?? randomKey() },
          repeatable: true,
        },
        taskDetailSchema,
      ),
  };
};
export type SchedulesApi = ReturnType<typeof schedulesApi>;
