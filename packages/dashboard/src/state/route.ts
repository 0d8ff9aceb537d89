import { lanes, taskStates } from '@backend2/contracts';
import type { Lane, TaskState } from '@backend2/contracts';
import { parseTaskView, taskViewQuery } from './task-view.ts';
import type { TaskViewState } from './task-view.ts';

export interface TaskFilters {
  readonly status?: TaskState;
  readonly lane?: Lane;
  readonly search?: string;
}

export type Route =
  | { readonly page: 'tasks'; readonly filters: TaskFilters }
  | { readonly page: 'new-task'; readonly from?: string }
  | { readonly page: 'task'; readonly taskId: string; readonly view: TaskViewState }
  | { readonly page: 'system' }
  | { readonly page: 'keys' }
  | { readonly page: 'schedules' }
  | { readonly page: 'not-found' };

const oneOf = <T extends string>(known: readonly T[], text: string | null): T | undefined =>
  known.find((one) => one === text);

const parseFilters = (query: URLSearchParams): TaskFilters => {
  const status = oneOf(taskStates, query.get('status'));
  const lane = oneOf(lanes, query.get('lane'));
  const search = query.get('search') ?? '';
  return {
    ...(status === undefined ? {} : { status }),
    ...(lane === undefined ? {} : { lane }),
    ...(search === '' ? {} : { search }),
  };
};

const taskPath = /^\/tasks\/([0-9a-f-]{36})$/i;

export const parseRoute = (url: URL): Route => {
  const path = url.pathname.replace(/(.)\/$/, '$1');
  if (path === '/' || path === '/tasks') return { page: 'tasks', filters: parseFilters(url.searchParams) };
  if (path === '/tasks/new') {
    const from = url.searchParams.get('from');
    return from === null ? { page: 'new-task' } : { page: 'new-task', from };
  }
  if (path === '/system') return { page: 'system' };
  if (path === '/keys') return { page: 'keys' };
  if (path === '/schedules') return { page: 'schedules' };
  const taskId = taskPath.exec(path)?.[1];
  if (taskId !== undefined) return { page: 'task', taskId, view: parseTaskView(url.searchParams) };
  return { page: 'not-found' };
};

const withQuery = (path: string, query: URLSearchParams): string =>
  query.size === 0 ? path : `${path}?${query.toString()}`;

/** The link to a route; `parseRoute` reads it back to an equal one. */
export const routeHref = (route: Exclude<Route, { page: 'not-found' }>): string => {
  switch (route.page) {
    case 'tasks':
      return withQuery('/', new URLSearchParams(Object.entries(route.filters)));
    case 'new-task':
      return withQuery(
        '/tasks/new',
        new URLSearchParams(route.from === undefined ? {} : { from: route.from }),
      );
    case 'task':
      return withQuery(`/tasks/${route.taskId}`, taskViewQuery(route.view));
    case 'system':
      return '/system';
    case 'keys':
      return '/keys';
    case 'schedules':
      return '/schedules';
  }
};
