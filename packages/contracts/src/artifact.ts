import { z } from 'zod';

/** A stored output file, as a worker reports it. */
export const storedArtifactSchema = z.object({
  id: z.uuid(),
  /** Where the artifact store keeps it. */
  key: z.string().max(512),
  contentType: z.string().max(100),
  bytes: z.int().nonnegative(),
  sha256: z.string().length(64),
  width: z.int32().optional(),
  height: z.int32().optional(),
});
export type StoredArtifact = z.infer<typeof storedArtifactSchema>;

export const artifactViewSchema = z.object({
  id: z.uuid(),
  url: z.string(),
  contentType: z.string(),
  bytes: z.int(),
  width: z.int().optional(),
  height: z.int().optional(),
});
export type ArtifactView = z.infer<typeof artifactViewSchema>;

/** Widths `?w=` accepts. */
export const thumbnailWidths = [64, 128, 256, 512, 1024] as const;
export type ThumbnailWidth = (typeof thumbnailWidths)[number];
