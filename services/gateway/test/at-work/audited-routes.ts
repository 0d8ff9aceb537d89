import { createClient, type Client } from '@backend2/client';
import { until } from '@backend2/testkit';
import test from 'ava';
import { askRoute, servedRoutesOf, withBody, type Route } from '../every-route.ts';
import { ownedThings, unowned, type OwnedThings } from '../owned-things.ts';
import { password } from '../shared-system.ts';
import { shared } from './system.ts';

/** No GET and yet no change, each for a reason of its own. */
const leaveNone: Readonly<Record<string, string>> = {
  estimateTask: 'asks what a task would be, which a query has no room for, and stores nothing',
  setSessionCookie: 'hands a browser its own token back; signing in is what left an entry',
  clearSessionCookie: 'takes that cookie from the browser; signing out leaves an entry',
};

const work = { name: 'refused', kind: 'http.request', input: { url: 'http://127.0.0.1:1/' }, maxAttempts: 1 };

/** The things as the route wants them, whatever was done to them before. */
const readyFor = async (
  { operationId }: Route,
  things: OwnedThings,
  { tasks, webhooks }: Client,
): Promise<OwnedThings> => {
  switch (operationId) {
    case 'cancelTask': {
      // Not the one of the others, which has to go on, nor one that may end first.
      const runAt = new Date(Date.now() + 86_400_000).toISOString();
      return { ...things, taskId: (await tasks.create({ ...work, runAt })).id };
    }
    case 'retryTask':
    case 'retrySubtask': {
      const { id: taskId } = await tasks.create(work);
      await tasks.waitUntilFinished(taskId);
      return { ...things, taskId };
    }
    case 'redeliverWebhook': {
      const { webhookId = '', deliveryId = '' } = things;
      await webhooks.update(webhookId, { enabled: true });
      const ended = async () => {
        const { items } = await webhooks.deliveries(webhookId);
        return items.some(({ id, state }) => id === deliveryId && state !== 'pending');
      };
      await until(ended, { timeoutMs: 60_000, what: 'the end of the delivery' });
    }
  }
  return things;
};

export const auditedRouteTests = (): void => {
  test.serial('every route that changes something leaves who did it, what, and to what', async (t) => {
    const { system, root, user, signIn } = shared();
    const { id: actorId, email } = await user('walker');
    await root.users.update(actorId, { role: 'admin' });
    const actor = await signIn('walker');
    const client = createClient({ baseUrl: system.url, token: actor.token });
    // Nobody is to end their own account.
    const things = { ...(await ownedThings(system, actor)), userId: (await user('another')).id };
    const served = await servedRoutesOf(system.url);
    const unknown = Object.keys(leaveNone).filter(
      (name) => !served.some((route) => route.operationId === name),
    );
    t.deepEqual(unknown, [], 'nothing is excused that is not there');
    const changing = served.filter(
      ({ method, operationId }) => method !== 'GET' && !Object.hasOwn(leaveNone, operationId),
    );
    t.true(changing.length > 30);
    const isEnd = ({ method }: Route): boolean => method === 'DELETE';
    for (const route of [...changing.filter((each) => !isEnd(each)), ...changing.filter(isEnd)]) {
      const { operationId, path, responses } = route;
      const signingIn = { grant_type: 'password', username: email, password };
      const { token } = operationId === 'logout' ? await signIn('walker') : actor;
      const about = await readyFor(route, things, client);
      const { status, code } = await askRoute(
        system.url,
        operationId === 'issueToken' ? withBody(route, signingIn) : route,
        about,
        { authorization: `Bearer ${token}`, 'x-request-id': operationId },
      );
      t.true(status in responses && status < 300, `${operationId} succeeds: ${status} ${code}`);
      const entry = await until(
        async () => {
          const { items } = await root.system.audit({
            userId: actorId,
            action: operationId,
            outcome: 'done',
          });
          return items.find(({ requestId }) => requestId === operationId);
        },
        { what: `the entry of ${operationId}` },
      );
      const { id: made, ...target } = entry.target;
      const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
      const asked = Object.fromEntries(names.map((name) => [name, about[name] ?? unowned[name]]));
      t.deepEqual(target, asked, `what ${operationId} was done to`);
      t.is(made !== undefined, status === 201 || status === 202, `what ${operationId} made`);
    }
  });
};
