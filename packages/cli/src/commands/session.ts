import { createClient } from '@backend2/client';
import type { HealthView } from '@backend2/contracts';
import { ask, readInput } from '../ask-secret.ts';
import { CommandError } from '../command-error.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Commands } from '../run.ts';
import { saveSession } from '../session-file.ts';

interface LoginOptions {
  readonly email?: string;
  readonly passwordStdin?: boolean;
}

export const addSessionCommands = ({ program, context, end }: Commands): void => {
  program
    .command('login')
    .description('sign in; the session is kept in your configuration folder, readable by you only')
    .option('--email <email>', 'who you are')
    .option('--password-stdin', 'read the password from standard input')
    .action(async (options: LoginOptions) => {
      const { io, print, anonymous } = context();
      const { url } = await anonymous();
      const email = options.email ?? (await ask(io, 'Email: '));
      const password = options.passwordStdin ? await readInput(io) : await ask(io, 'Password: ', true);
      if (password === '') throw new CommandError(exitCodes.usage, 'The password is empty.');
      let saving = Promise.resolve();
      const client = createClient({
        baseUrl: url,
        onTokens: (tokens) => {
          saving = saveSession(io.env, tokens && { url, tokens });
        },
      });
      await client.auth.signIn(email, password);
      await saving;
      print(`Signed in at ${url} as ${(await client.auth.me()).email}.`);
    });

  program
    .command('logout')
    .description('end the session, here and at the server')
    .action(async () => {
      const { client, io, print } = context();
      const signedIn = await client();
      try {
        await signedIn.auth.signOut();
      } finally {
        await saveSession(io.env, undefined);
      }
      print('Signed out.');
    });

  program
    .command('health')
    .description('the verdict on the whole system; fails where it does')
    .action(async () => {
      const { anonymous, show } = context();
      const { client } = await anonymous();
      const view = await client.health();
      show(view, healthText);
      if (view.status === 'fail') end(exitCodes.failed);
    });
};

const healthText = ({ status, output, checks }: HealthView): string => {
  const said = (text: string | undefined): string => (text ? `: ${text}` : '');
  const parts = Object.entries(checks).flatMap(([name, of]) =>
    of.map((check) => {
      const which = check.componentId === undefined ? name : `${name} (${check.componentId})`;
      return `  ${check.status.padEnd(4)}  ${which}${said(check.output)}`;
    }),
  );
  return [`${status}${said(output)}`, ...parts].join('\n');
};
