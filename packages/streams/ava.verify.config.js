import shared from '@backend2/testkit/ava';

// What takes minutes or needs servers in numbers; scripts/verify-availability runs it.
export default { ...shared, files: ['verify/**/*.test.ts'], concurrency: 1 };
