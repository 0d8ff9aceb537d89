import { builtinEngine, type BuiltinEngineOptions } from './builtin/builtin-engine.ts';
import type { ImageEngine } from './image-engine.ts';

/** Which engine and its settings; one member for each engine there is. */
export type EngineConfig = { readonly kind: 'builtin' } & BuiltinEngineOptions;

export const engineKinds = ['builtin'] as const satisfies readonly EngineConfig['kind'][];

export function createEngine(config: EngineConfig): ImageEngine {
  switch (config.kind) {
    case 'builtin':
      return builtinEngine(config);
  }
}
