import { createClient } from '@backend2/client';

// What a restore must remember: remembering-client.ts URL KEY, with BACKEND2_EMAIL and BACKEND2_PASSWORD. Submits a task
// under that Idempotency-Key, and one without a key, and prints as JSON their ids and all there are.

const [url = '', idempotencyKey = ''] = process.argv.slice(2);
const { BACKEND2_EMAIL: email = '', BACKEND2_PASSWORD: password = '' } = process.env;
const client = createClient({ baseUrl: url });
await client.auth.signIn(email, password);
const task = {
  name: 'Remembered',
  kind: 'image.generate',
  lane: 'standard',
  input: { prompts: [{ value: 'a lake' }], ratio: '1:1', seed: 5 },
} as const;
const { id: answered } = await client.tasks.create(task, { idempotencyKey });
const { id: anew } = await client.tasks.create(task);
await client.tasks.waitUntilFinished(anew);
const known = (await Array.fromAsync(client.tasks.iterate())).map(({ id }) => id);
console.log(JSON.stringify({ answered, anew, known }));
