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

/** Starts something before the first test of a file and releases it after the last. */
export const sharedBy = <T>(test: TestFn, start: (t: TestScope) => Promise<T>): (() => T) => {
  const releases: (() => void | Promise<void>)[] = [];
  let shared: { readonly started: T } | undefined;
  test.serial.before(async (t) => {
    t.timeout(180_000);
    shared = { started: await start({ teardown: (release) => void releases.push(release) }) };
  });
  test.after.always(async () => {
    for (const release of releases.toReversed()) await release();
  });
  return () => {
    if (!shared) throw new Error('what the tests share was not started');
    return shared.started;
  };
};

export const sharedSystem = (
  test: TestFn,
  settings: Readonly<Record<string, string>>,
  options: RealSystemOptions,
): (() => SharedSystem) =>
  sharedBy(test, async (scope) => {
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
    return { system, beside, root, user, signIn };
  });

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
