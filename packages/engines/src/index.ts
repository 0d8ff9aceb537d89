export { createEngine, engineKinds, type EngineConfig } from './create-engine.ts';
export { EngineRejectedError, EngineUnavailableError } from './engine-errors.ts';
export type {
  GenerateContext,
  GeneratedImage,
  ImageEngine,
  ImageFormat,
  ImageRequest,
} from './image-engine.ts';
export { readImageMetadata, type ImageMetadata } from './metadata/image-metadata.ts';
