import type { Axis } from '@backend2/contracts';
import { QueryTypes, type Sequelize } from 'sequelize';
import type { TallyRow } from '../domain/task-summary.ts';

const states = ['pending', 'queued', 'running', 'succeeded', 'failed', 'cancelled'] as const;
const ratings = ['unrated', 'poor', 'good'] as const;

const countOf = (column: string, values: readonly string[]): string =>
  values.map((value) => `count(*) FILTER (WHERE s.${column} = '${value}')::int AS "${value}"`).join(', ');

/**
 * Tallies of a task's cells by each axis and index, and of all of them as axis -1. One statement: a cell's index in an
 * axis follows from its ordinal, so nothing but the cells themselves is read.
 */
export const tallyAxes = (
  database: Sequelize,
  taskId: string,
  axes: readonly Axis[],
): Promise<TallyRow[]> => {
  const strides = axes.map((_, i) => axes.slice(i + 1).reduce((product, { length }) => product * length, 1));
  return database.query<TallyRow>(
    `SELECT x.axis, (s.ordinal / x.stride) % x.length AS "index", count(*)::int AS total,
       ${countOf('state', states)}, ${countOf('rating', ratings)},
       avg(s.duration_ms) FILTER (WHERE s.state = 'succeeded') AS mean,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY s.duration_ms) FILTER (WHERE s.state = 'succeeded') AS median
     FROM subtasks s CROSS JOIN unnest($2::int[], $3::int[], $4::int[]) AS x(axis, stride, length)
     WHERE s.task_id = $1
     GROUP BY 1, 2`,
    {
      bind: [taskId, [-1, ...axes.keys()], [1, ...strides], [1, ...axes.map(({ length }) => length)]],
      type: QueryTypes.SELECT,
    },
  );
};
