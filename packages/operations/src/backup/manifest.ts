import { z } from 'zod';
import { storedFileSchema } from './stored-file.ts';

const table = z.object({
  name: z.string(),
  columns: z.array(z.string()),
  rows: z.int().nonnegative(),
});

const postgresSchema = z.discriminatedUnion('format', [
  z.object({
    format: z.literal('pg_dump'),
    version: z.string(),
    dump: storedFileSchema,
    tables: z.array(table),
    /** In the schema of the books, which a dump of that schema leaves out. */
    extensions: z.array(z.string()).default([]),
  }),
  z.object({
    format: z.literal('copy'),
    version: z.string(),
    tables: z.array(table.extend({ data: storedFileSchema })),
    sequences: z.array(z.object({ name: z.string(), value: z.string() })),
  }),
]);
export type PostgresEntry = z.infer<typeof postgresSchema>;

/** `manifest.json` of a backup: what it holds and how one knows that it is whole. */
export const manifestSchema = z.object({
  version: z.literal(1),
  takenAt: z.iso.datetime(),
  encrypted: z.boolean(),
  /** Names of the migrations the schema had. */
  migrations: z.array(z.string()),
  postgres: postgresSchema,
  redis: z.nullable(
    z.object({
      prefix: z.string(),
      database: z.int().nonnegative(),
      /** Redis's clock at the moment of Postgres's snapshot: what was appended later belongs to no one. */
      snapshotMs: z.int().positive(),
      /** One a master. */
      files: z.array(storedFileSchema),
    }),
  ),
  artifacts: z.object({
    list: storedFileSchema,
    count: z.int().nonnegative(),
    bytes: z.int().nonnegative(),
    /** False: the list alone, the files being kept safe elsewhere. */
    copied: z.boolean(),
    /** Named by the books and not found where the files are. */
    missing: z.int().nonnegative(),
  }),
});
export type Manifest = z.infer<typeof manifestSchema>;
