/** The part of ava's `t` that the kit needs. Teardowns run last first, also after a failure. */
export interface TestScope {
  teardown(release: () => void | Promise<void>): void;
}
