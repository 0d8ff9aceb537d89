import { pathToFileURL } from 'node:url';
import { isAbsolute, resolve } from 'node:path';
import { kindSchema } from '@backend2/contracts';
import type { TaskHandler } from './handler.ts';

/** @throws Error where two handlers claim one kind or a kind is no valid name. */
export const handlersByKind = (handlers: readonly TaskHandler[]): ReadonlyMap<string, TaskHandler> => {
  const byKind = new Map<string, TaskHandler>();
  for (const handler of handlers) {
    const { kind } = handler;
    if (!kindSchema.safeParse(kind).success)
      throw new Error(`"${kind}" is not a kind: it must be words joined by dots, as in "image.generate".`);
    if (byKind.has(kind))
      throw new Error(`Two handlers claim the kind "${kind}": rename one of those in WORKER_HANDLERS.`);
    byKind.set(kind, handler);
  }
  return byKind;
};

/** What the kinds say is costly to switch, for those that say so. */
export const costlyInputsOf = (handlers: ReadonlyMap<string, TaskHandler>): Record<string, string[]> =>
  Object.fromEntries(
    [...handlers.values()].flatMap(({ kind, costlyInputs = [] }) =>
      costlyInputs.length === 0 ? [] : [[kind, [...costlyInputs]]],
    ),
  );

const isHandler = (value: unknown): value is TaskHandler => {
  const candidate = value as Partial<TaskHandler> | null;
  return (
    typeof candidate === 'object' &&
    typeof candidate?.kind === 'string' &&
    typeof candidate.run === 'function' &&
    typeof candidate.input?.safeParse === 'function'
  );
};

/**
 * Imports modules whose default export is a handler or an array of handlers.
 *
 * @param modules file paths, from the working directory where relative, or package names.
 * @throws Error naming the module that cannot be used, and why.
 */
export const loadHandlers = async (modules: readonly string[]): Promise<TaskHandler[]> => {
  const loaded: TaskHandler[] = [];
  for (const name of modules) {
    const specifier = name.startsWith('.') || isAbsolute(name) ? pathToFileURL(resolve(name)).href : name;
    const module = await import(specifier).then(
      (found: { readonly default?: unknown }) => found,
      (cause: unknown) => {
        throw new Error(
          `The handler module "${name}" of WORKER_HANDLERS cannot be loaded: ${(cause as Error).message}`,
          {
            cause,
          },
        );
      },
    );
    const exported = Array.isArray(module.default) ? (module.default as unknown[]) : [module.default];
    if (exported.length === 0 || !exported.every(isHandler)) {
      throw new Error(
        `The handler module "${name}" of WORKER_HANDLERS must have a handler { kind, input, run }, or an array of them, as its default export.`,
      );
    }
    loaded.push(...exported);
  }
  return loaded;
};
