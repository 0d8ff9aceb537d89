// By path, not by name: testkit depends on this package, and the package graph must have no cycle.
export { default } from '../testkit/ava-config.js';
