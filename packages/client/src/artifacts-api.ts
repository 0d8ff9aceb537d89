import type { ThumbnailWidth } from '@backend2/contracts';
import type { Transport } from './transport.ts';

export interface ArtifactOptions {
  /** A thumbnail this many pixels wide instead of the file itself. */
  readonly width?: ThumbnailWidth;
  readonly signal?: AbortSignal;
}

export const artifactsApi = (transport: Transport) => {
  const pathOf = (artifactId: string): string => `/artifacts/${encodeURIComponent(artifactId)}`;
  const open = (artifactId: string, { width, ...options }: ArtifactOptions = {}): Promise<Response> =>
    transport.send({ method: 'GET', path: pathOf(artifactId), query: { w: width }, ...options });
  return {
    /** The answer itself, its body yet to be read. */
    open,
    get: async (artifactId: string, options?: ArtifactOptions): Promise<Uint8Array> =>
      new Uint8Array(await (await open(artifactId, options)).arrayBuffer()),
    /** For `<img>`, in a browser that was allowed images (`auth.allowImages`). */
    url: (artifactId: string, width?: ThumbnailWidth): string =>
      transport.url({ path: pathOf(artifactId), query: { w: width } }),
  };
};
export type ArtifactsApi = ReturnType<typeof artifactsApi>;
