import { z } from 'zod';
import { pageSchema } from '../page.ts';
import { principalSchema } from '../principal.ts';
import {
  scheduleCreationSchema,
  scheduleListQuerySchema,
  schedulePatchSchema,
  scheduleViewSchema,
} from '../schedule.ts';
import { taskDetailSchema } from '../task.ts';

const ofSchedule = z.object({ principal: principalSchema, scheduleId: z.uuid() });

export const scheduleMethods = {
  'schedules.list': {
    request: z.object({ principal: principalSchema, query: scheduleListQuerySchema }),
    response: pageSchema(scheduleViewSchema),
  },
  'schedules.create': {
    request: z.object({
      principal: principalSchema,
      schedule: scheduleCreationSchema,
      /** The id it is to have: a call repeated with it answers the schedule the first one made. Drawn when absent. */
      scheduleId: z.uuid().optional(),
    }),
    response: scheduleViewSchema,
  },
  'schedules.get': { request: ofSchedule, response: scheduleViewSchema },
  'schedules.update': {
    request: ofSchedule.extend({ patch: schedulePatchSchema }),
    response: scheduleViewSchema,
  },
  'schedules.delete': { request: ofSchedule, response: z.object({}) },
  'schedules.pause': { request: ofSchedule, response: scheduleViewSchema },
  'schedules.resume': { request: ofSchedule, response: scheduleViewSchema },
  /** Submits its task now, beside the times of its expression, also while it is paused. */
  'schedules.run': {
    request: ofSchedule.extend({ taskId: z.uuid().optional() }),
    response: taskDetailSchema,
  },
} as const;
