import test from 'ava';
import { parseRoute, routeHref } from '../src/state/route.ts';
import type { Route } from '../src/state/route.ts';

const taskId = '22222222-2222-4222-8222-000000000001';
const at = (href: string): Route => parseRoute(new URL(href, 'http://page'));

test('a link holds everything a view of a task shows and reads back the same', (t) => {
  const route = {
    page: 'task',
    taskId,
    view: {
      x: 'style',
      y: 'cfg & more',
      fixed: { seed: 4, 'zip=1': 2 },
      cell: 12,
      against: 3,
      states: ['succeeded', 'failed'],
      ratings: ['good'],
    },
  } as const;
  t.deepEqual(at(routeHref(route)), route);
});

test('a link to a view of defaults carries no query', (t) => {
  const view = { fixed: { seed: 0 }, states: [], ratings: [] };
  t.is(routeHref({ page: 'task', taskId, view }), `/tasks/${taskId}`);
});

test('a mistyped link still opens, without what it does not understand', (t) => {
  const route = at(`/tasks/${taskId}?cell=-1&against=2&at.seed=x&state=sleeping,failed&rating=great&other=1`);
  t.deepEqual(route, { page: 'task', taskId, view: { fixed: {}, states: ['failed'], ratings: [] } });
});

test('a cell is never compared with itself', (t) => {
  const route = at(`/tasks/${taskId}?cell=5&against=5`);
  t.is(route.page === 'task' ? route.view.against : 0, undefined);
});

test('the filters of the task list are in its link', (t) => {
  const route = { page: 'tasks', filters: { status: 'running', lane: 'lumina', search: 'a & b' } } as const;
  t.deepEqual(at(routeHref(route)), route);
});

test('pages without a view of their own are a path each', (t) => {
  for (const page of ['keys', 'schedules', 'system'] as const) t.deepEqual(at(routeHref({ page })), { page });
});

test('a path that is no page is told apart', (t) => {
  t.deepEqual(at('/tasks/not-an-id'), { page: 'not-found' });
  t.deepEqual(at('/tasks/'), { page: 'tasks', filters: {} });
  t.deepEqual(at('/tasks/new?from=x'), { page: 'new-task', from: 'x' });
});
