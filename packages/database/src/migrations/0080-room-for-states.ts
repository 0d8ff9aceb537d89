import type { Migration } from './migration.ts';

/**
 * Leaves each page room for what becomes of its rows: queued all at once, then ended, with a result. A row that moves to
 * another page for want of room is entered in the index anew, as three of four changes were; the table ends as large
 * either way. Holds for pages yet to be written, and neither reads nor writes wait for it.
 */
export const roomForStates: Migration = {
  name: '0080-room-for-states',
  up: [`ALTER TABLE subtasks SET (fillfactor = 40)`],
  down: [`ALTER TABLE subtasks SET (fillfactor = 70)`],
};
