import { thumbnailWidths, type ThumbnailWidth } from '@backend2/contracts';
import { z } from 'zod';
import { sendArtifact } from '../artifacts/send-artifact.ts';
import type { Dependencies } from '../http/dependencies.ts';
import { route, type Route } from '../http/route.ts';

const widths = thumbnailWidths.map(String);
const query = z.object({
  w: z
    .enum(widths, `must be one of ${widths.join(', ')}`)
    .transform((width) => Number(width) as ThumbnailWidth)
    .optional(),
});

export const artifactRoutes = ({ tasks, artifacts }: Dependencies): Route[] => [
  route({
    method: 'get',
    path: '/artifacts/:artifactId',
    access: 'user',
    operationId: 'getArtifact',
    tag: 'artifacts',
    summary: 'Fetch a file, or with `w` a thumbnail of it',
    description:
      'Of the type that its handler said. Anything but a PNG, WebP or JPEG picture is sent to be saved, not shown.',
    params: z.object({ artifactId: z.uuid() }),
    query,
    answer: {
      status: 200,
      types: ['image/png', 'image/webp', 'image/jpeg', 'application/octet-stream', '*/*'],
    },
    refusals: { range_not_satisfiable: 416, artifacts_unavailable: 503 },
    cookie: true,
    limit: 'artifacts',
    handle: async (call) => {
      const { principal, params, signal } = call;
      const artifact = await tasks.call('artifacts.get', { principal, ...params }, { signal });
      await sendArtifact(call, artifacts, artifact, call.query.w);
    },
  }),
];
