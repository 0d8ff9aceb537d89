import type { Migration } from './migration.ts';

/** Lanes that an admin may pause, what their workers can run, and tasks whose cells are not dispatched in row-major order. */
export const lanes: Migration = {
  name: '0060-lanes',
  up: [
    `CREATE TABLE lanes (
       lane lane PRIMARY KEY,
       paused boolean NOT NULL DEFAULT false,
       changed_at timestamptz,
       changed_by uuid,
       kinds jsonb NOT NULL DEFAULT '{}'
     )`,
    `COMMENT ON COLUMN lanes.kinds IS 'By kind, the costly inputs its workers last announced: known also while none runs'`,
    `INSERT INTO lanes (lane) VALUES ('standard'), ('lumina')`,
    `ALTER TABLE tasks ADD COLUMN dispatch_axes smallint[]`,
    `COMMENT ON COLUMN tasks.dispatch_axes IS 'Axes by index, the outermost of the dispatch order first; null: row-major'`,
  ],
  down: [`ALTER TABLE tasks DROP COLUMN dispatch_axes`, `DROP TABLE lanes`],
};
