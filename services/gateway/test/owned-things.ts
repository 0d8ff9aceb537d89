import { randomUUID } from 'node:crypto';
import { createClient } from '@backend2/client';
import pg from 'pg';
import type { RealSystem } from './real-services.ts';
import type { Session } from './shared-system.ts';

/** Ids of things that one user owns, by the path parameter that names them. */
export type OwnedThings = Readonly<Record<string, string>>;

/** Path parameters that belong to nobody, with one value each. */
export const unowned: Readonly<Record<string, string>> = { lane: 'lumina', ordinal: '0' };

const sweep = { name: 'Lake', kind: 'image.generate', input: { prompts: [{ value: 'a lake' }] } };

/** Makes one of each; a route with a new kind of id wants a line here. */
export const ownedThings = async (
  system: RealSystem,
  owner: Pick<Session, 'id' | 'token'>,
): Promise<OwnedThings> => {
  const client = createClient({ baseUrl: system.url, token: owner.token });
  // Far off, so that it stays as it is: a dispatcher would queue it at any moment.
  const runAt = new Date(Date.now() + 86_400_000).toISOString();
  const task = await client.tasks.create({ ...sweep, runAt });
  const webhook = await client.webhooks.create({
    url: 'https://hooks.example.org/x',
    events: ['task.finished'],
  });
  const delivery = await client.webhooks.test(webhook.id);
  const schedule = await client.schedules.create({ name: 'Yearly', cron: '0 7 1 1 *', task: sweep });
  const apiKey = await client.apiKeys.create({ name: 'owned' });
  return {
    taskId: task.id,
    artifactId: await artifactOf(system.databaseUrl, task.id),
    webhookId: webhook.id,
    deliveryId: delivery.id,
    scheduleId: schedule.id,
    apiKeyId: apiKey.id,
    userId: owner.id,
  };
};

/** No worker runs here, so its file is one in the books only. */
const artifactOf = async (databaseUrl: string, taskId: string): Promise<string> => {
  const database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  try {
    const id = randomUUID();
    await database.query(
      `insert into artifacts (id, task_id, ordinal, run, place, key, content_type, bytes, sha256)
       values ($1, $2, 0, 1, 0, 'none', 'image/png', 1, repeat('0', 64))`,
      [id, taskId],
    );
    return id;
  } finally {
    await database.end();
  }
};
