import { parseArgs } from 'node:util';
import { StackError } from '@backend2/dev-stack';

export interface StartOptions {
  readonly once: boolean;
  readonly fresh: boolean;
  readonly sweep: boolean;
  readonly help: boolean;
  /** Undefined: 8000, or another one where that is taken. 0: any free one. */
  readonly port: number | undefined;
  /** Default `.data` at the root of the repository. */
  readonly data: string | undefined;
}

export const usage = `Starts Backend2 on this machine and runs the example sweep.

  npm start                 set up, start everything, run the sweep, keep running
  npm start -- --once       the same, then stop; status 0 only if every image came out
  npm start -- --fresh      begin with empty data
  npm start -- --no-sweep   only start everything
  npm start -- --port 9000  the port of the API and the page (default 8000, or a free one)
  npm start -- --data DIR   keep the data elsewhere than in .data

DATABASE_URL (with DATABASE_REPLICA_URLS) and REDIS_URL name servers to use instead of starting some.
BACKEND2_EMAIL and BACKEND2_PASSWORD name who submits the sweep; by default the first admin.
Every other setting of the services may be set in the environment too, such as STANDARD_WORKER_PROCESSES.`;

/** Throws a {@link StackError} that names the argument it does not know. */
export function parseOptions(args: readonly string[]): StartOptions {
  const options = {
    once: { type: 'boolean', default: false },
    fresh: { type: 'boolean', default: false },
    sweep: { type: 'boolean', default: true },
    help: { type: 'boolean', short: 'h', default: false },
    port: { type: 'string' },
    data: { type: 'string' },
  } as const;
  let values;
  try {
    ({ values } = parseArgs({ args: [...args], options, allowNegative: true }));
  } catch (error) {
    throw new StackError(`${(error as Error).message.split('.')[0]}.\n\n${usage}`, { cause: error });
  }
  if (values.once && !values.sweep) throw new StackError('--once and --no-sweep leave nothing to do.');
  return { ...values, port: parsePort(values.port), data: values.data };
}

/** Throws a {@link StackError} for what is not a port. */
export function parsePort(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) {
    throw new StackError(`--port must be a number from 0 to 65535, and it is "${text}".`);
  }
  return port;
}
