import { thumbnailWidths } from '@backend2/contracts';
import type { ArtifactView } from '@backend2/contracts';

/** The smallest stored width that fills `pixels` device pixels sharply. */
export const thumbnailWidth = (pixels: number): number =>
  thumbnailWidths.find((width) => width >= pixels) ?? thumbnailWidths[thumbnailWidths.length - 1] ?? 1024;

/** Keeps whatever query the address has, such as a signature. */
export const thumbnailUrl = (url: string, pixels: number): string => {
  const [beforeHash = url] = url.split('#');
  return `${beforeHash}${beforeHash.includes('?') ? '&' : '?'}w=${thumbnailWidth(pixels)}`;
};

export const firstImage = (artifacts: readonly ArtifactView[]): ArtifactView | undefined =>
  artifacts.find((artifact) => artifact.contentType.startsWith('image/'));
