import type { Mutation } from '../mutation.ts';

const connections = 'test/connections.test.ts';
const loss = 'test/loss.test.ts';
const demotion = 'test/demotion.test.ts';
const halfOpen = { file: connections, title: 'Field note 7*' };

/** Servers that forget, fail over or fall silent, and connections that break. */
export const lossMutations: readonly Mutation[] = [
  {
    breaks: 'a group that is gone is made again',
    file: 'src/group-reader.ts',
    find: `await this.#ensureGroup();
        this.#unsure = false;`,
    replace: 'this.#unsure = false;',
    test: { file: loss, title: 'Field note 8*' },
  },
  {
    breaks: 'the owner is told when a group was gone',
    file: 'src/group-reader.ts',
    find: `this.#unsure = false;
        this.#tellLoss();`,
    replace: 'this.#unsure = false;',
    test: { file: loss, title: 'after a flush an idle consumer*' },
  },
  {
    breaks: 'a group begins at the start of its stream',
    file: 'src/group-reader.ts',
    find: "'CREATE', keys.stream, group, '0', 'MKSTREAM'",
    replace: "'CREATE', keys.stream, group, '$', 'MKSTREAM'",
    test: { file: 'test/consume.test.ts', title: 'a handler gets the payload*' },
  },
  {
    breaks: 'another history of writes is told as a loss',
    file: 'src/group-reader.ts',
    find: 'this.#compareHistory(history);',
    replace: '',
    test: { file: loss, title: 'a consumer whose Redis was killed*' },
  },
  {
    breaks: 'readiness is a write and not an answer',
    file: 'src/create-streams.ts',
    find: "await engine.commands.set(key, '1', 'PX', 10_000);",
    replace: 'await engine.commands.ping();',
    test: { file: loss, title: 'Field note 4*' },
  },
  {
    breaks: 'readers notice that their connection is half-open',
    file: 'src/watched-client.ts',
    find: `this.#look = setInterval(() => this.#checkOverdue(), lookEveryMs);
    this.#look.unref();`,
    replace: '',
    test: halfOpen,
  },
  {
    breaks: 'the shared connection is given up when it is silent',
    file: 'src/redis-connection.ts',
    find: ', socketTimeout: 4000',
    replace: '',
    test: halfOpen,
  },
  {
    breaks: 'a Sentinel that says nothing is passed over',
    file: 'src/redis-connection.ts',
    find: 'sentinelCommandTimeout: 1000,',
    replace: '',
    test: { file: 'test/sentinel.test.ts', title: 'a Sentinel that is there and says nothing*' },
  },
  {
    breaks: 'an outcome is said again until Redis has it',
    file: 'src/settler.ts',
    find: 'await wait(pause, undefined, { signal: this.#giveUp }).catch(() => undefined);',
    replace: "return 'all';",
    test: { file: loss, title: 'an outcome that a Redis out of reach*' },
  },
  {
    breaks: 'what was handed over by a reply that got lost is found',
    file: 'src/group-reader.ts',
    find: 'failures++;\n        this.#unsure = true;',
    replace: 'failures++;',
    test: { file: connections, title: 'an entry whose delivery was lost*' },
  },
  {
    breaks: 'an entry handed over for a read that was given up is found when its lease has run out',
    file: 'src/group-reader.ts',
    find: 'if (unknown) this.#unsure = true;',
    replace: '',
    test: { file: connections, title: 'an entry handed over for a read that was given up*' },
  },
  {
    breaks: 'liveness is that the read loop turns',
    file: 'src/group-reader.ts',
    find: `      this.#turnedAt = performance.now();
      try {`,
    replace: '      try {',
    test: { file: connections, title: 'idleMs tells*' },
  },
  {
    breaks: 'what was told as failed while no Sentinel knew a master is not written later',
    file: 'src/redis-connection.ts',
    find: `if (command.isSettled) return command.promise;
    return super`,
    replace: 'return super',
    test: { file: demotion, title: 'what was told as failed*' },
  },
  {
    breaks: 'a server that takes no writes is let go',
    file: 'src/redis-connection.ts',
    find: '? 2 : false',
    replace: '? false : false',
    test: { file: demotion, title: 'of a master that lives on as a replica*' },
  },
  {
    breaks: 'READONLY is heard within another error',
    file: 'src/redis-connection.ts',
    find: '/\\bREADONLY\\b/.test(error.message)',
    replace: "error.message.startsWith('READONLY')",
    test: { file: demotion, title: 'that a server takes no writes is heard*' },
  },
];
