import type { RpcContract, RpcHandlers } from '@backend2/contracts';
import { createStreams } from '@backend2/streams';
import { useRedis } from '@backend2/testkit';
import type { ExecutionContext } from 'ava';
import { createMetrics, rpcClient, rpcServer, silentLog, type TypedRpcClient } from '../src/index.ts';

/** A client that calls a contract over a Redis of its own. @param handlers who answers; nobody where there are none. */
export const servedContract = async <M>(
  t: ExecutionContext,
  contract: RpcContract<M>,
  { handlers, timeoutMs = 20_000 }: { readonly handlers?: RpcHandlers<M>; readonly timeoutMs?: number },
): Promise<TypedRpcClient<M>> => {
  const { url } = await useRedis(t);
  const streams = createStreams({ connection: { kind: 'single', url } });
  await streams.start();
  t.teardown(() => streams.stop());
  if (handlers) {
    const server = rpcServer(streams, contract, handlers, { log: silentLog() });
    await server.start();
    t.teardown(() => server.stop());
  }
  const raw = streams.rpcClient();
  await raw.start();
  t.teardown(() => raw.stop());
  const client = rpcClient(raw, contract, { metrics: createMetrics('test'), timeoutMs });
  t.teardown(() => client.close());
  return client;
};
