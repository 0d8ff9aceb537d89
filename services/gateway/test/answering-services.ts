import {
  authRpc,
  healthAggregatorRpc,
  DomainError,
  taskIntakeRpc,
  type AuthRpc,
  type RpcHandlers,
  type TaskIntakeRpc,
} from '@backend2/contracts';
import { rpcServer, silentLog } from '@backend2/service-kit';
import type { Consumer, Streams } from '@backend2/streams';

export type AuthAnswers = Partial<RpcHandlers<AuthRpc>>;
export type TaskAnswers = Partial<RpcHandlers<TaskIntakeRpc>>;

const rest = <M>(methods: object, given: Partial<RpcHandlers<M>>): RpcHandlers<M> => {
  const missing = Object.keys(methods).map((name) => [
    name,
    async () => {
      throw new DomainError('unavailable', 'no_answer', `Nobody answers to ${name}.`);
    },
  ]);
  return { ...Object.fromEntries(missing), ...given } as RpcHandlers<M>;
};

/** The services behind the gateway, over real streams and by the contracts, answering what a test says. */
export const answeringServices = (streams: Streams, auth: AuthAnswers, tasks: TaskAnswers): Consumer[] => [
  rpcServer(streams, authRpc, rest<AuthRpc>(authRpc.methods, auth), { log: silentLog() }),
  rpcServer(streams, healthAggregatorRpc, rest(healthAggregatorRpc.methods, {}), { log: silentLog() }),
  rpcServer(streams, taskIntakeRpc, rest<TaskIntakeRpc>(taskIntakeRpc.methods, tasks), {
    log: silentLog(),
  }),
];
