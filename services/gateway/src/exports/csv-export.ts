import { Readable } from 'node:stream';
import type { SubtaskView, TaskDetail } from '@backend2/contracts';
import { stringify } from 'csv-stringify';
import { headerOf, rowOf } from './subtask-rows.ts';

/** One row a subtask, with a byte order mark for spreadsheets; text that a spreadsheet would run as a formula is quoted off. */
export const csvExport = (
  task: TaskDetail,
  subtasks: AsyncIterable<SubtaskView>,
  origin: string,
): Readable => {
  const rows = async function* () {
    for await (const subtask of subtasks) yield rowOf(task, subtask, origin);
  };
  const source = Readable.from(rows());
  const csv = stringify({ header: true, columns: headerOf(task), bom: true, escape_formulas: true });
  // `pipe` passes no errors on, and a broken export must not look like a short one.
  source.once('error', (error) => csv.destroy(error));
  csv.once('close', () => source.destroy());
  return source.pipe(csv);
};
