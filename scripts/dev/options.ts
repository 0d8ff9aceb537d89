import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { StackError } from '@backend2/dev-stack';
import { parsePort } from '../start/options.ts';

export interface DevOptions {
  readonly dataDir: string;
  /** Undefined: 8000, or another one where that is taken. 0: any free one. */
  readonly port: number | undefined;
}

/**
 * `pnpm dev -- --data DIR --port 9000`: every `dev` task gets the same arguments, each in a folder of its
 * own, so that a relative DIR counts from the root.
 *
 * @throws StackError that names the argument it does not know.
 */
export function parseDevOptions(root: string, args: readonly string[]): DevOptions {
  const options = { data: { type: 'string', default: '.data' }, port: { type: 'string' } } as const;
  try {
    const { values } = parseArgs({ args: [...args], options });
    return { dataDir: resolve(root, values.data), port: parsePort(values.port) };
  } catch (error) {
    if (error instanceof StackError) throw error;
    throw new StackError(`${(error as Error).message.split('.')[0]}; there are --data DIR and --port N.`, {
      cause: error,
    });
  }
}
