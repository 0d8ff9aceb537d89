import type { LogConfig } from '../config/log-config.ts';
import type { Metrics } from '../metrics/create-metrics.ts';
import { metricNames } from '../metrics/metric-names.ts';
import { consoleDestination } from './console-destination.ts';
import { createLog } from './create-log.ts';
import type { LogDestination } from './log-destination.ts';

export interface LogDestinationsOptions {
  readonly service: string;
  readonly config: LogConfig;
  readonly metrics: Metrics;
  /** Tells the files of one service's processes apart. */
  readonly place?: string | undefined;
}

/** The console, and whatever else is configured. Trouble with the others is told on the console alone. */
export const openLogDestinations = async (options: LogDestinationsOptions): Promise<LogDestination[]> => {
  const { service, config, metrics, place } = options;
  const dropped = metrics.counter(metricNames.logDropped, 'Log lines that did not reach a destination', [
    'destination',
  ]);
  dropped.inc({ destination: 'console' }, 0);
  const terminal = consoleDestination(config, (lines) => dropped.inc({ destination: 'console' }, lines));
  const log = createLog(service, config, [terminal]);
  const destinations = [terminal];
  if (config.files.dir !== '') {
    const { fileDestination } = await import('./file-destination.ts');
    dropped.inc({ destination: 'file' }, 0);
    destinations.push(
      fileDestination({
        ...config.files,
        name: place === undefined ? service : `${service}-${place}`,
        onDropped: (lines) => dropped.inc({ destination: 'file' }, lines),
        onTrouble: (err) => log.warn({ err }, 'the log file cannot be written; its lines are dropped'),
      }),
    );
  }
  if (config.elasticsearch.url !== '') {
    const { elasticsearchDestination } = await import('./elasticsearch-destination.ts');
    dropped.inc({ destination: 'elasticsearch' }, 0);
    destinations.push(
      elasticsearchDestination({
        ...config.elasticsearch,
        onDropped: (lines) => dropped.inc({ destination: 'elasticsearch' }, lines),
        onTrouble: (why) => log.warn({ why }, 'the log cannot be shipped for now'),
        onRecovered: () => log.info({}, 'the log is shipped again'),
      }),
    );
  }
  return destinations;
};
