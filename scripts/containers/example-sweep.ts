import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createProgress } from '../start/progress.ts';
import { runSweep } from '../start/run-sweep.ts';

// Runs the example sweep through a gateway, as a user would: example-sweep.ts URL, with BACKEND2_EMAIL and
// BACKEND2_PASSWORD. Status 0 when every subtask succeeded.

const { BACKEND2_EMAIL: email = '', BACKEND2_PASSWORD: password = '' } = process.env;
const folder = mkdtempSync(join(tmpdir(), 'backend2-sweep-'));
try {
  const { succeeded } = await runSweep({
    url: process.argv[2] ?? '',
    apiPath: undefined,
    credentials: { email, password },
    file: fileURLToPath(new URL('../../docs/examples/sweep.json', import.meta.url)),
    folder,
    progress: createProgress(process.stdout),
    say: (line) => console.log(line),
    stop: AbortSignal.timeout(240_000),
  });
  process.exitCode = succeeded ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
