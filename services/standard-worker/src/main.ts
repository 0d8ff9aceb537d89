import { fileURLToPath } from 'node:url';
import { runLaneWorker } from '@backend2/worker-runtime';

await runLaneWorker({ lane: 'standard', env: process.env, module: fileURLToPath(import.meta.url) });
