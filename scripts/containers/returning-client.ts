import { setTimeout as delay } from 'node:timers/promises';
import { ApiError, createClient } from '@backend2/client';

// A user to whom the database is away: returning-client.ts URL, with BACKEND2_EMAIL and BACKEND2_PASSWORD. Signs in and
// submits a task, coming back when an answer of 503 says to. Status 1 on any other failure, and after a minute.

const [url = ''] = process.argv.slice(2);
const { BACKEND2_EMAIL: email = '', BACKEND2_PASSWORD: password = '' } = process.env;
const begun = performance.now();
const withinMs = 60_000;
const client = createClient({ baseUrl: url, maxRetries: 0 });
const task = {
  name: 'After the promotion',
  kind: 'image.generate',
  lane: 'standard',
  input: { prompts: [{ value: 'a lake' }], ratio: '1:1', seed: 6 },
} as const;

/** How long to stay away; undefined once the task is accepted. */
const attempt = async (): Promise<number | undefined> => {
  try {
    await client.auth.signIn(email, password);
    await client.tasks.create(task);
    return undefined;
  } catch (error) {
    const passes = error instanceof ApiError && error.status === 503 && error.retryAfterSeconds !== undefined;
    if (!passes || performance.now() - begun > withinMs) throw error;
    return error.retryAfterSeconds * 1000;
  }
};

let turnedAway = 0;
for (let awayMs = await attempt(); awayMs !== undefined; awayMs = await attempt()) {
  turnedAway += 1;
  await delay(awayMs);
}
const seconds = ((performance.now() - begun) / 1000).toFixed(1);
console.log(`a task was accepted after ${seconds} s, ${turnedAway} times 503 before it`);
