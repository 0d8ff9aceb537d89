/**
 * How long a test waits for something that says nothing of its own, in milliseconds: longer than a loaded machine takes.
 * TEST_PATIENCE_MS shortens it where tests are expected to wait in vain.
 */
export const patienceMs = Number(process.env['TEST_PATIENCE_MS'] ?? 30_000);
