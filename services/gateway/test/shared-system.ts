import type { TestScope } from '@backend2/testkit';
import { ApiError, createClient, type Client } from '@backend2/client';
import type { TestFn } from 'ava';
import { startRealSystem, type RealSystem, type RealSystemOptions } from './real-services.ts';

export const password = 'a long enough password';

/** One system for all tests of a file, which have to run one after the other, each with users of its own. */
export interface SharedSystem {
  readonly system: RealSystem;
  /** A second gateway, a process of its own. */
  readonly beside: string;
  readonly root: Client;
  /** Makes a user, whose session's access token it answers with. */
  readonly user: (name: string) => Promise<Session>;
  readonly signIn: (name: string, at?: string) => Promise<Session>;
}

export interface Session {
  readonly id: string;
  readonly email: string;
  readonly token: string;
  readonly refreshToken: string;
  /** Asks the gateway that was signed in at. */
  readonly client: Client;
}

export const sharedSystem = (
  test: TestFn,
  settings: Readonly<Record<string, string>>,
  options: RealSystemOptions,
): (() => SharedSystem) => {
  const releases: (() => void | Promise<void>)[] = [];
  const scope: TestScope = { teardown: (release) => void releases.push(release) };
  let shared: SharedSystem | undefined;
  test.serial.before(async (t) => {
    t.timeout(180_000);
    const system = await startRealSystem(scope, settings, options);
    const { url: beside } = await system.startGateway();
    const root = createClient({ baseUrl: system.url });
    await root.auth.signIn(system.admin.email, system.admin.password);
    const signIn = async (name: string, at = system.url): Promise<Session> => {
      const email = `${name}@example.org`;
      const grant = { grant_type: 'password', username: email, password };
      const response = await fetch(`${at}/api/v1/auth/token`, {
        method: 'POST',
        body: new URLSearchParams(grant),
      });
      if (!response.ok) throw new Error(`${name} cannot sign in: ${await response.text()}`);
      const answer = (await response.json()) as { access_token: string; refresh_token: string };
      const { access_token: token, refresh_token: refreshToken } = answer;
      const client = createClient({ baseUrl: at, token });
      const { id } = await client.auth.me();
      return { id, email, token, refreshToken, client };
    };
    const user = async (name: string): Promise<Session> => {
      await root.users.create({ email: `${name}@example.org`, name, password });
      return signIn(name);
    };
    shared = { system, beside, root, user, signIn };
  });
  test.after.always(async () => {
    for (const release of releases.toReversed()) await release();
  });
  return () => {
    if (!shared) throw new Error('the system was not started');
    return shared;
  };
};

/** What an API error says, or undefined where there was none. */
export const codeOf = async (work: Promise<unknown>): Promise<string | undefined> => {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (error instanceof ApiError) return error.code;
    throw error;
  }
};
