import { pipeline } from 'node:stream/promises';
import { thumbnailContentType } from '@backend2/artifacts';
import type { StoredArtifact, ThumbnailWidth } from '@backend2/contracts';
import { HttpError } from '../http/http-error.ts';
import type { Call } from '../http/route.ts';
import type { ArtifactFiles, ByteRange } from './artifact-files.ts';

type AnyCall = Call<unknown, unknown, unknown>;

/** The same bytes under the same id for ever; but one's own, so no shared cache may keep them. */
const forever = 'private, max-age=31536000, immutable';

const shownTypes: ReadonlySet<string> = new Set(['image/png', 'image/webp', 'image/jpeg']);

/**
 * A handler's output is anyone's content, and what is here is under the dashboard's origin and taken with its cookie: it
 * may run nothing, whatever it says it is, and only pictures are shown rather than saved.
 */
const harmless = (contentType: string): Record<string, string> => ({
  'content-security-policy': "default-src 'none'; sandbox",
  'x-content-type-options': 'nosniff',
  'content-disposition': shownTypes.has(contentType) ? 'inline' : 'attachment',
});

/** Whole, in part (`Range`), or not at all where the caller has it (`If-None-Match`). */
export const sendArtifact = async (
  call: AnyCall,
  files: ArtifactFiles,
  artifact: StoredArtifact,
  width: ThumbnailWidth | undefined,
): Promise<void> => {
  const { request, response } = call;
  const etag = width === undefined ? `"${artifact.sha256}"` : `"${artifact.sha256}-${width}"`;
  const type = width === undefined ? artifact.contentType : thumbnailContentType;
  response.set({ etag, 'cache-control': forever, ...harmless(type) });
  if (request.fresh) return void response.status(304).end();
  if (width !== undefined) {
    response.type(type).send(Buffer.from(await files.thumbnail(artifact, width)));
    return;
  }
  const range = rangeOf(call, artifact, etag);
  const { start, end } = range ?? { start: 0, end: artifact.bytes - 1 };
  const body = await files.open(artifact, range);
  response.status(range ? 206 : 200).set({
    'content-type': type,
    'content-length': String(end - start + 1),
    'accept-ranges': 'bytes',
    ...(range ? { 'content-range': `bytes ${start}-${end}/${artifact.bytes}` } : {}),
  });
  if (request.method === 'HEAD') {
    body.destroy();
    return void response.end();
  }
  await pipeline(body, response);
};

/** Undefined where the whole is to be sent: no range, several, or one of another version. */
const rangeOf = ({ request }: AnyCall, artifact: StoredArtifact, etag: string): ByteRange | undefined => {
  const ifRange = request.get('if-range');
  if (ifRange !== undefined && ifRange !== etag) return undefined;
  const ranges = request.range(artifact.bytes, { combine: true });
  if (ranges === -1) {
    throw new HttpError(416, 'range_not_satisfiable', `The file has ${artifact.bytes} bytes.`, {
      headers: { 'content-range': `bytes */${artifact.bytes}` },
    });
  }
  return Array.isArray(ranges) && ranges.type === 'bytes' && ranges.length === 1 ? ranges[0] : undefined;
};
