import { control, heartbeats, lanes, laneTopics, taskEvents, taskResults } from '@backend2/contracts';

/** What Postgres makes anew, or what only living processes had a use for. */
const passing = [...[control, heartbeats, taskEvents].map(({ name }) => name), 'task_result_ring'];
/** The verdict, results that Postgres has too, and places in a log that the restored one does not go on from. */
const madeAnew = ['system_health:', 'task_result:', 'written:'];
const work = lanes.map((lane) => laneTopics[lane].name);

/**
 * Whether a key, its prefix taken off, is put back. The lanes' work is not: the books know it, and what was under way is
 * begun anew from them, so that nothing the books have as finished runs again. Dead letters stand nowhere else.
 */
export const isRestored = (key: string): boolean => {
  const [, tag, companion = ''] = /^\{([^}]*)\}(?::(.*))?$/.exec(key) ?? [];
  if (tag === undefined) return !madeAnew.some((family) => key.startsWith(family));
  const topic = tag.replace(/\.\d+$/, '');
  if (work.includes(topic)) return companion === 'dead';
  if (passing.includes(topic) || topic.startsWith('rpc:') || topic.startsWith('rate:')) return false;
  return true;
};

/** Streams whose entries count only up to the moment of Postgres's snapshot. */
export const isCutAtSnapshot = (key: string): boolean =>
  key.startsWith(`{${taskResults.name}`) || key.endsWith(':dead');

const idempotencyLifeMs = 24 * 3_600_000;

/** Whether the record of an answered request was made after the snapshot: what it answered with is not there. */
export const isAnswerTooNew = (key: string, expiresAtMs: number, snapshotMs: number): boolean =>
  key.startsWith('{idempotency}:') && expiresAtMs - idempotencyLifeMs > snapshotMs;
