import { fileURLToPath } from 'node:url';
import { runLaneWorker } from '@backend2/worker-runtime';

await runLaneWorker({ lane: 'lumina', env: process.env, module: fileURLToPath(import.meta.url) });
