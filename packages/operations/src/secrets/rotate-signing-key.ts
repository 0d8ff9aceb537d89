import { randomBytes } from 'node:crypto';
import {
  loadConfig,
  secretListText,
  secretsOf,
  securityConfig,
  type SecurityConfig,
} from '@backend2/service-kit';
import { OperatorError } from '../operator-error.ts';
import type { EnvFile } from './env-file.ts';

/**
 * Every process must accept a key before any signs with it, and for as long as tokens it signed live:
 * `begin` has it accepted, `switch` has it sign, `finish` drops the one before. Between two steps every gateway, auth and task-intake
 * is restarted, in any order, one by one.
 */
export const signingKeySteps = ['begin', 'switch', 'finish'] as const;
export type SigningKeyStep = (typeof signingKeySteps)[number];

const switchedAt = 'SECRET_KEY_SWITCHED_AT';

const formerKeys = (file: EnvFile): string[] => {
  const keys = secretsOf(file.get('PREVIOUS_SECRET_KEYS') ?? '');
  if (typeof keys === 'string')
    throw new OperatorError('PREVIOUS_SECRET_KEYS begins as a JSON array and is none.');
  return keys;
};

export interface SigningKeyOptions {
  readonly now: Date;
  /** Drops the former key although tokens it signed may still live. */
  readonly force: boolean;
}

/** Answers what is to be done next. */
export const rotateSigningKey = (file: EnvFile, step: SigningKeyStep, options: SigningKeyOptions): string => {
  const present = file.get('SECRET_KEY');
  if (present === undefined || present === '') throw new OperatorError('There is no SECRET_KEY in the file.');
  const others = formerKeys(file);
  const [next] = others;
  const begun = next !== undefined && file.get(switchedAt) === undefined;
  switch (step) {
    case 'begin':
      if (begun) throw new OperatorError('A new key waits already: restart what you have not, then switch.');
      if (next !== undefined) throw new OperatorError('A former key is still accepted: finish first.');
      file.set('PREVIOUS_SECRET_KEYS', randomBytes(48).toString('base64url'));
      return 'Restart every gateway, auth and task-intake, one by one; then: rotate-secret SECRET_KEY switch';
    case 'switch':
      if (!begun || next === undefined)
        throw new OperatorError('There is no new key to switch to: begin first.');
      file.set('SECRET_KEY', next);
      file.set('PREVIOUS_SECRET_KEYS', secretListText([present, ...others.slice(1)]));
      file.set(switchedAt, options.now.toISOString());
      return `Restart every gateway, auth and task-intake, one by one; tokens of the former key live up to ${lifeMinutes(file)} minutes, then: rotate-secret SECRET_KEY finish`;
    case 'finish': {
      const since = Date.parse(file.get(switchedAt) ?? '');
      if (Number.isNaN(since)) throw new OperatorError('Nothing was switched: there is nothing to finish.');
      const left = Math.ceil(since / 60_000 + lifeMinutes(file) - options.now.getTime() / 60_000);
      if (left > 0 && !options.force)
        throw new OperatorError(
          `Tokens of the former key may live for another ${left} minutes; --force signs their owners out.`,
        );
      file.set('PREVIOUS_SECRET_KEYS', '');
      file.set(switchedAt, undefined);
      return 'Restart every gateway, auth and task-intake, one by one; the former key is then worth nothing.';
    }
  }
};

/** As the services read it. */
const lifeMinutes = (file: EnvFile): number => {
  const environment = { ACCESS_TOKEN_EXPIRE_MINUTES: file.get('ACCESS_TOKEN_EXPIRE_MINUTES') };
  const { security } = loadConfig<{ security: SecurityConfig }>({ security: securityConfig }, environment);
  return security.accessTokenExpireMinutes;
};
