export type ImageFormat = 'png' | 'webp';

export interface ImageRequest {
  readonly prompt: string;
  readonly negativePrompt?: string;
  /** Pixels, 64 to 4096. */
  readonly width: number;
  /** Pixels, 64 to 4096. */
  readonly height: number;
  /** Integer, 0 to 2^32 - 1. */
  readonly seed: number;
  /** Asks for a finishing pass; what that is depends on the engine. */
  readonly polish?: boolean;
  readonly format?: ImageFormat;
  /** What only the engine itself understands. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Written into the file beside prompt, seed and size. */
  readonly metadata: Readonly<Record<string, string>>;
}

export interface GeneratedImage {
  readonly bytes: Uint8Array;
  readonly contentType: string;
  readonly width: number;
  readonly height: number;
}

export interface GenerateContext {
  /** Rejects the call with the signal's reason at once; what the engine still computes is thrown away. */
  readonly signal: AbortSignal;
  /** W3C trace context of the call, for the request of an engine that is reached over HTTP. */
  readonly traceparent?: string;
  /** From 0 to 1, rising. */
  readonly onProgress?: (fraction: number) => void;
}

/** A backend that makes pictures. Safe for concurrent calls. */
export interface ImageEngine {
  readonly name: string;
  /** Names within `ImageRequest.options` that are costly to switch, as a checkpoint is; the costliest first. */
  readonly costlyOptions?: readonly string[];
  /** Rejects with `EngineRejectedError` where trying again is pointless and `EngineUnavailableError` where it is not. */
  generate(request: ImageRequest, context: GenerateContext): Promise<GeneratedImage[]>;
  /** Resolves if the engine could take a request now; otherwise rejects with `EngineUnavailableError`. */
  check(): Promise<void>;
  /** Calls in flight are rejected; safe twice. */
  close(): Promise<void>;
}
