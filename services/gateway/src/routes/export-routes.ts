import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { csvExport } from '../exports/csv-export.ts';
import { jsonExport } from '../exports/json-export.ts';
import { sheetOfTask } from '../exports/sheet-of-task.ts';
import { subtasksOf } from '../exports/subtask-rows.ts';
import { zipExport } from '../exports/zip-export.ts';
import type { Dependencies } from '../http/dependencies.ts';
import { route, type Route } from '../http/route.ts';
import { ofTask } from './task-routes.ts';

const formats = ['csv', 'json', 'png', 'zip'] as const;
const types = {
  csv: 'text/csv; charset=utf-8',
  json: 'application/json; charset=utf-8',
  png: 'image/png',
  zip: 'application/zip',
} as const;

export const exportRoutes = (dependencies: Dependencies): Route[] => [
  route({
    method: 'get',
    path: '/tasks/:taskId/export',
    access: 'user',
    operationId: 'exportTask',
    tag: 'tasks',
    summary: 'Take a task away: table, data, contact sheet, or all its files',
    params: ofTask,
    query: z.object({ format: z.enum(formats, `must be one of ${formats.join(', ')}`) }),
    answer: { status: 200, types: ['text/csv', 'application/json', 'image/png', 'application/zip'] },
    refusals: { sheet_too_large: 422 },
    cookie: true,
    handle: async ({ principal, params, query: { format }, request, response, signal }) => {
      const { tasks, artifacts, composeSheet, config } = dependencies;
      const task = await tasks.call('tasks.get', { principal, ...params }, { signal });
      const subtasks = () => subtasksOf(tasks, principal, task.id, signal);
      const origin = `${request.protocol}://${request.get('host') ?? 'localhost'}`;
      const begin = (): void => {
        response.attachment(`${fileNameOf(task.name)}-${task.id.slice(-8)}.${format}`);
        response.set({ 'content-type': types[format], 'cache-control': 'private, no-store' });
      };
      switch (format) {
        case 'csv':
          begin();
          return pipeline(csvExport(task, subtasks(), origin), response);
        case 'json':
          begin();
          return pipeline(jsonExport(task, subtasks()), response);
        case 'zip': {
          const find = ({ id }: { id: string }) =>
            tasks.call('artifacts.get', { principal, artifactId: id }, { signal });
          begin();
          const open = artifacts.open.bind(artifacts);
          return pipeline(zipExport({ task, subtasks, find, open, origin }), response);
        }
        case 'png': {
          const sheet = await sheetOfTask(dependencies, principal, task, config.limits.sheetCells, signal);
          const picture = await composeSheet(sheet);
          begin();
          response.send(Buffer.from(picture));
          return undefined;
        }
      }
    },
  }),
];

const fileNameOf = (name: string): string =>
  name
    .normalize('NFKD')
    .replaceAll(/[^\w]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .toLowerCase()
    .slice(0, 60) || 'task';
