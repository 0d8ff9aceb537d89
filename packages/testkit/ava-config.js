// Plain JavaScript, as ava reads it before any condition or loader is set.
export default {
  files: ['test/**/*.test.ts'],
  extensions: ['ts'],
  nodeArguments: ['--conditions=@backend2/source'],
  workerThreads: false,
  concurrency: 2,
  timeout: '180s',
};
