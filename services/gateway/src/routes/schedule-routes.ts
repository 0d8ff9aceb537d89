import {
  pageSchema,
  scheduleCreationSchema,
  scheduleListQuerySchema,
  schedulePatchSchema,
  scheduleViewSchema,
  taskDetailSchema,
} from '@backend2/contracts';
import { z } from 'zod';
import type { Dependencies } from '../http/dependencies.ts';
import { idOf } from '../http/idempotency.ts';
import { route, type Route } from '../http/route.ts';

const ofSchedule = z.object({ scheduleId: z.uuid() });
const base = { tag: 'schedules', access: 'user' } as const;
const quota = { quota_exceeded: 429 } as const;

const actions = [
  ['pause', 'Pause a schedule: nothing is submitted until it is resumed'],
  ['resume', 'Resume a paused schedule; what came due meanwhile is not made up for'],
] as const;

export const scheduleRoutes = ({ tasks, config }: Dependencies): Route[] => [
  route({
    ...base,
    method: 'get',
    path: '/schedules',
    operationId: 'listSchedules',
    summary: 'List schedules, newest first',
    query: scheduleListQuerySchema,
    answer: { status: 200, schema: pageSchema(scheduleViewSchema) },
    handle: ({ principal, query, signal }) => tasks.call('schedules.list', { principal, query }, { signal }),
  }),
  route({
    ...base,
    method: 'post',
    path: '/schedules',
    operationId: 'createSchedule',
    summary: 'Submit a task at the times of a cron expression',
    description:
      'Five fields by the clock of `timeZone`. A run whose time passed while nothing could run it is made up for as `missedRuns` says; `all` is the latest ten at the most.',
    body: scheduleCreationSchema,
    idempotent: true,
    answer: { status: 201, schema: scheduleViewSchema },
    refusals: quota,
    handle: async (call) => {
      const { principal, body, response } = call;
      const scheduleId = idOf(call);
      const schedule = await tasks.call('schedules.create', {
        principal,
        schedule: body,
        ...(scheduleId === undefined ? {} : { scheduleId }),
      });
      response.location(`${config.apiPrefix}/schedules/${schedule.id}`);
      return schedule;
    },
  }),
  route({
    ...base,
    method: 'get',
    path: '/schedules/:scheduleId',
    operationId: 'getSchedule',
    summary: 'Read a schedule: its next times, how its last run went',
    params: ofSchedule,
    answer: { status: 200, schema: scheduleViewSchema },
    handle: ({ principal, params, signal }) =>
      tasks.call('schedules.get', { principal, ...params }, { signal }),
  }),
  route({
    ...base,
    method: 'patch',
    path: '/schedules/:scheduleId',
    operationId: 'updateSchedule',
    summary: 'Change a schedule',
    params: ofSchedule,
    body: schedulePatchSchema,
    answer: { status: 200, schema: scheduleViewSchema },
    handle: ({ principal, params, body }) =>
      tasks.call('schedules.update', { principal, ...params, patch: body }),
  }),
  route({
    ...base,
    method: 'delete',
    path: '/schedules/:scheduleId',
    operationId: 'deleteSchedule',
    summary: 'Delete a schedule; the tasks it submitted stay',
    params: ofSchedule,
    answer: { status: 204 },
    handle: async ({ principal, params }) => {
      await tasks.call('schedules.delete', { principal, ...params });
    },
  }),
  ...actions.map(([action, summary]) =>
    route({
      ...base,
      method: 'post',
      path: `/schedules/:scheduleId/${action}`,
      operationId: `${action}Schedule`,
      summary,
      params: ofSchedule,
      answer: { status: 200, schema: scheduleViewSchema },
      handle: ({ principal, params }) => tasks.call(`schedules.${action}`, { principal, ...params }),
    }),
  ),
  route({
    ...base,
    method: 'post',
    path: '/schedules/:scheduleId/run',
    operationId: 'runSchedule',
    summary: "Submit a schedule's task now",
    params: ofSchedule,
    idempotent: true,
    answer: { status: 202, schema: taskDetailSchema },
    refusals: { ...quota, validation_failed: 422 },
    handle: async (call) => {
      const { principal, params, response } = call;
      const taskId = idOf(call);
      const task = await tasks.call('schedules.run', {
        principal,
        ...params,
        ...(taskId === undefined ? {} : { taskId }),
      });
      response.location(`${config.apiPrefix}/tasks/${task.id}`);
      return task;
    },
  }),
];
