import { createClient } from '@backend2/client';

// A client behind nginx: edge-client.ts URL, with BACKEND2_EMAIL and BACKEND2_PASSWORD, and NODE_EXTRA_CA_CERTS for the
// certificate. Status 0 when events arrived one by one and refusals are the gateway's.

const url = process.argv[2] ?? '';
const { BACKEND2_EMAIL: email = '', BACKEND2_PASSWORD: password = '' } = process.env;
const client = createClient({ baseUrl: url });
await client.auth.signIn(email, password);

const task = await client.tasks.create({
  name: 'Events through the edge',
  kind: 'image.generate',
  lane: 'standard',
  input: { prompts: [{ value: 'a lake at {{hour}}' }], ratio: '1:1', seed: 3 },
  variables: [{ name: 'hour', range: { from: 1, to: 40, step: 1 } }],
});
const stop = AbortSignal.timeout(120_000);
const arrivals: number[] = [];
for await (const { message } of client.tasks.events(task.id, { signal: stop })) {
  arrivals.push(performance.now());
  if (message.type === 'task' && message.task.state === 'succeeded') break;
}
stop.throwIfAborted();
const spread = Math.round((arrivals.at(-1) ?? 0) - (arrivals[0] ?? 0));
// Held back until the end, they would all arrive at once.
if (arrivals.length < 5 || spread < 100)
  throw new Error(`${arrivals.length} events arrived within ${spread} ms: they are held back`);
console.log(`${arrivals.length} events over ${spread} ms`);

const claimed = { 'content-type': 'application/json', 'x-forwarded-for': '203.0.113.9' };
const tokens = await fetch(`${url}/api/v1/auth/token`, {
  method: 'POST',
  headers: claimed,
  body: JSON.stringify({ grant_type: 'password', username: email, password }),
});
const { access_token: token } = (await tokens.json()) as { access_token: string };
const large = await fetch(`${url}/api/v1/tasks/estimate`, {
  method: 'POST',
  headers: { ...claimed, authorization: `Bearer ${token}` },
  body: JSON.stringify({ padding: 'x'.repeat(3_000_000) }),
});
const kind = large.headers.get('content-type') ?? '';
if (large.status !== 413 || !kind.includes('problem+json')) throw new Error(`3 MB: ${large.status} ${kind}`);
console.log(`3 MB: ${large.status} ${kind}`);

const wrong = await fetch(`${url}/api/v1/auth/token`, {
  method: 'POST',
  headers: claimed,
  body: JSON.stringify({ grant_type: 'password', username: 'nobody@example.com', password: 'not this one' }),
});
if (wrong.status !== 400 && wrong.status !== 401) throw new Error(`a wrong password: ${wrong.status}`);
