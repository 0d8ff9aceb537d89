import shared from './packages/testkit/ava-config.js';

// The tests of scripts/; every package has its own.
export default { ...shared, files: ['scripts/**/test/**/*.test.ts', 'scripts/test/**/*.test.ts'] };
