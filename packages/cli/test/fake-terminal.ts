import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { ExecutionContext } from 'ava';
import { run } from '../src/index.ts';

/** A person without a terminal and with a configuration folder of their own. */
export const aPerson = async (t: ExecutionContext, env: Readonly<Record<string, string>> = {}) => {
  const folder = await mkdtemp(join(tmpdir(), 'cli-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const give = async (args: readonly string[], input = '') => {
    const [out, err] = [new PassThrough(), new PassThrough()];
    const printed = Promise.all([text(out), text(err)]);
    const code = await run(args, {
      env: { BACKEND2_CONFIG_DIR: join(folder, 'config'), ...env },
      out,
      err,
      in: Readable.from([input]) as NodeJS.ReadableStream,
      signal: new AbortController().signal,
    });
    out.end();
    err.end();
    const [output, errors] = await printed;
    return { code, output, errors };
  };
  return { folder, give };
};
