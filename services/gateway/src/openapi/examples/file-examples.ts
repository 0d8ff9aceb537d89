import { stringify } from 'csv-stringify/sync';
import { eventFrame } from '../../events/event-frame.ts';
import { headerOf, rowOf } from '../../exports/subtask-rows.ts';
import { events, finishedDetail, subtasks } from './task-examples.ts';

const origin = 'https://backend2.example.org';
const stream = events.map(([id, message]) => eventFrame(id, message).toString()).join('');
const table = [
  headerOf(finishedDetail),
  ...subtasks.map((subtask) => rowOf(finishedDetail, subtask, origin)),
];

/** By operation and media type: of answers that are no JSON of a schema, those a person can read. */
export const fileExamples: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  streamTaskEvents: { 'text/event-stream': stream },
  streamEvents: { 'text/event-stream': stream },
  exportTask: {
    'text/csv': stringify(table),
    'application/json': { task: finishedDetail, subtasks },
  },
};
