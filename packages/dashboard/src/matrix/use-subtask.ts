import type { SubtaskView } from '@backend2/contracts';
import { useEffect, useState } from 'react';
import type { LiveTask } from '../state/live-task.ts';
import { useServices } from '../state/services.ts';
import { wordsOf } from '../state/words.ts';

export interface LoadedSubtask {
  readonly subtask: SubtaskView | null;
  readonly failure: string | null;
}

/** The whole of one subtask, read again whenever its cell moves on. */
export const useSubtask = (live: LiveTask, taskId: string, ordinal: number): LoadedSubtask => {
  const { api } = useServices();
  const [loaded, setLoaded] = useState<LoadedSubtask>({ subtask: null, failure: null });
  const { state, attempt } = live.cell(ordinal) ?? {};
  useEffect(() => {
    let wanted = true;
    api.tasks.subtask(taskId, ordinal).then(
      (subtask) => {
        if (!wanted) return;
        setLoaded({ subtask, failure: null });
        live.learn(subtask);
      },
      (error: unknown) => wanted && setLoaded({ subtask: null, failure: wordsOf(error) }),
    );
    return () => {
      wanted = false;
    };
  }, [api, live, taskId, ordinal, state, attempt]);
  return loaded.subtask !== null && loaded.subtask.ordinal !== ordinal
    ? { subtask: null, failure: null }
    : loaded;
};
