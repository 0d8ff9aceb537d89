import type { Mutation } from '../mutation.ts';

const broadcast = 'test/broadcast.test.ts';
const rpc = 'test/rpc.test.ts';

/** Calls and broadcasts. */
export const callMutations: readonly Mutation[] = [
  {
    breaks: 'a server drops a request past its deadline',
    file: 'src/rpc-server.ts',
    find: "if (leftMs <= 0) return { kind: 'done' };",
    replace: '',
    test: { file: rpc, title: 'a request whose caller has given up*' },
  },
  {
    breaks: 'the handler of a call hears that its caller has given up',
    file: 'src/rpc-server.ts',
    find: "setTimeout(() => deadline.abort(new Error('The caller has given up.')), leftMs)",
    replace: 'undefined',
    test: { file: rpc, title: "a call's deadline reaches its handler*" },
  },
  {
    breaks: 'a caller that gives up takes its request back',
    file: 'src/rpc-client.ts',
    find: 'if (!(error instanceof RpcRemoteError)) void this.#withdraw(stream, sent);',
    replace: '',
    test: { file: rpc, title: 'a request whose caller has given up*' },
  },
  {
    breaks: 'an answer goes to the instance that asked',
    file: 'src/rpc-client.ts',
    find: 'repliesPrefix + drawInstanceName(hostname())',
    replace: 'repliesPrefix + hostname()',
    test: { file: rpc, title: 'an answer goes to the instance that asked' },
  },
  {
    breaks: 'a server appends to reply streams and to no other',
    file: 'src/rpc-wire.ts',
    find: '!r.startsWith(repliesPrefix) || ',
    replace: '',
    test: { file: rpc, title: 'a server appends replies to reply streams*' },
  },
  {
    breaks: 'the text of an error that is nobody’s business stays with the server',
    file: 'src/rpc-server.ts',
    find: 'options.encodeError?.(error) ?? hidden',
    replace: "options.encodeError?.(error) ?? { code: 'internal', message: String(error) }",
    test: { file: rpc, title: 'an error crosses with its meaning*' },
  },
  {
    breaks: 'a subscriber resumes after the id it knows',
    file: 'src/subscription.ts',
    find: ': from;\n    await this.#reader.start();',
    replace: ": '0-0';\n    await this.#reader.start();",
    test: { file: broadcast, title: 'a subscriber resumes after the id it knows*' },
  },
  {
    breaks: 'a subscriber goes on from what it read last',
    file: 'src/subscription.ts',
    find: 'this.#from = entryId;',
    replace: '',
    test: { file: broadcast, title: 'every instance sees every message in order' },
  },
  {
    breaks: 'a subscriber notices that its stream begins anew behind its place',
    file: 'src/subscription.ts',
    find: 'if (reply === null) await this.#checkPlace(client);',
    replace: '',
    test: { file: broadcast, title: 'a subscriber whose place lies beyond*' },
  },
];
