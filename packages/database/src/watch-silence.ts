import { isSilence } from './database-errors.ts';
import type { ServerLine } from './server-line.ts';

export interface SilenceWatch {
  /** Asks the server, unless it is being asked already. @throws what the asking ended with */
  look: () => Promise<void>;
}

/** Of a silence. A process that was stopped, or too busy to read an answer, misses most of them. */
const beatsOfSilence = 10;

/**
 * Tells a server that hangs from one that is slow: a statement may take its time while the server answers others, and is
 * given up once it does not. A server that refuses, or is not there, does not hang, nor does one that this process did not
 * listen to; and one that hung does so until it answers. `ask` rejects after `silenceMs` without an answer.
 */
export const watchSilence = (
  line: ServerLine,
  silenceMs: number,
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
    let beats = 0;
    const beat = setInterval(() => (beats += 1), silenceMs / beatsOfSilence);
    try {
      await ask();
      turn(undefined);
    } catch (error) {
      if (isSilence(error) && beats >= beatsOfSilence / 2) turn('the server answers nobody');
      throw error;
    } finally {
      clearInterval(beat);
    }
  };

  return {
    look: () =>
      (asking ??= askOnce().finally(() => {
        asking = undefined;
      })),
  };
};
