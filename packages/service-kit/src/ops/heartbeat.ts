import { hostname } from 'node:os';
import { heartbeatMs, heartbeats, type Heartbeat, type ServiceName } from '@backend2/contracts';
import type { Streams } from '@backend2/streams';
import type { Log } from '../log/create-log.ts';
import type { Metrics } from '../metrics/create-metrics.ts';
import { metricNames } from '../metrics/metric-names.ts';
import type { Readiness } from '../lifecycle/readiness.ts';
import type { Service } from '../lifecycle/service.ts';

export interface HeartbeatOptions {
  readonly service: ServiceName;
  readonly version: string;
  readonly streams: Streams;
  readonly readiness: Readiness;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Workers only; read at each beat. */
  readonly work?: () => Heartbeat['work'];
  /** Names this process; host and pid unless given. */
  readonly instance?: string;
  /** Default the contract's. */
  readonly everyMs?: number;
}

/** Tells the system every few seconds that this process is there and what it finds of its dependencies; the last beat says `stopped`. */
export const heartbeat = (options: HeartbeatOptions): Service => {
  const { service, version, streams, readiness, log, work, everyMs = heartbeatMs } = options;
  const instance = options.instance ?? `${hostname()}-${process.pid}`;
  const failures = options.metrics.counter(
    metricNames.heartbeatFailures,
    'Heartbeats that could not be sent',
  );
  const broadcast = streams.broadcast(heartbeats);
  const startedAt = Date.now();
  let timer: NodeJS.Timeout | undefined;
  let sending: Promise<void> | undefined;
  let failing = false;

  const send = async (state: Heartbeat['state']): Promise<void> => {
    try {
      const checks = state === 'stopped' ? [] : [...(await readiness.check())];
      const beat: Heartbeat = {
        service,
        instance,
        host: hostname(),
        pid: process.pid,
        version,
        state,
        startedAt,
        at: Date.now(),
        checks,
        work: work?.(),
      };
      await broadcast.publish(beat);
      if (failing) log.info({}, 'heartbeats are sent again');
      failing = false;
    } catch (error) {
      failures.inc();
      if (!failing) log.warn({ err: error }, 'heartbeats cannot be sent');
      failing = true;
    }
  };

  return {
    name: 'heartbeat',
    start: async () => {
      await send(readiness.state);
      timer = setInterval(() => {
        sending ??= send(readiness.state).finally(() => {
          sending = undefined;
        });
      }, everyMs);
    },
    stop: async () => {
      if (!timer) return;
      clearInterval(timer);
      timer = undefined;
      await sending;
      await send('stopped');
    },
  };
};
