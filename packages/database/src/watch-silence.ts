import { isSilence } from './database-errors.ts';
import type { ServerLine } from './server-line.ts';

export interface SilenceWatch {
  /** Asks the server, unless it is being asked already. @throws what the asking ended with */
  look: () => Promise<void>;
}

/**
 * Tells a server that hangs from one that is slow: a statement may take its time while the server answers others, and is
 * given up once it does not. A server that refuses, or is not there, does not hang.
 */
export const watchSilence = (
  line: ServerLine,
  ask: () => Promise<void>,
  onTurn: (why: string | undefined) => void,
): SilenceWatch => {
  let asking: Promise<void> | undefined;

  const turn = (why: string | undefined): void => {
    const turned = (why === undefined) !== (line.broken === undefined);
    if (why === undefined) line.mend();
    else line.cut(why);
    if (turned) onTurn(why);
  };

  const askOnce = async (): Promise<void> => {
    try {
      await ask();
      turn(undefined);
    } catch (error) {
      turn(isSilence(error) ? 'the server answers nobody' : undefined);
      throw error;
    }
  };

  return {
    look: () =>
      (asking ??= askOnce().finally(() => {
        asking = undefined;
      })),
  };
};
