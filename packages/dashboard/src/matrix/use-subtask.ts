import type { MatrixCell, SubtaskView } from '@backend2/contracts';
import { useEffect, useState } from 'react';
import { useServices } from '../state/services.ts';
import { wordsOf } from '../state/words.ts';

export interface LoadedSubtask {
  readonly subtask: SubtaskView | null;
  readonly failure: string | null;
}

/** The whole of one subtask, read again whenever its cell moves on. */
export const useSubtask = (taskId: string, ordinal: number, cell: MatrixCell | undefined): LoadedSubtask => {
  const { api } = useServices();
  const [loaded, setLoaded] = useState<LoadedSubtask>({ subtask: null, failure: null });
  const { state, attempt } = cell ?? {};
  useEffect(() => {
    let wanted = true;
    api.tasks.subtask(taskId, ordinal).then(
      (subtask) => wanted && setLoaded({ subtask, failure: null }),
      (error: unknown) => wanted && setLoaded({ subtask: null, failure: wordsOf(error) }),
    );
    return () => {
      wanted = false;
    };
  }, [api, taskId, ordinal, state, attempt]);
  return loaded.subtask !== null && loaded.subtask.ordinal !== ordinal
    ? { subtask: null, failure: null }
    : loaded;
};
