// Status 0 when this container's process is ready for work, by its ops port.
const port = process.env.OPS_PORT || '9090';
const { ok } = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(4000) });
process.exitCode = ok ? 0 : 1;
