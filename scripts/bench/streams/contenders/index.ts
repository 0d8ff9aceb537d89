import type { Contender, ContenderName } from '../contender.ts';

/** Loaded one at a time, so that a process has in it only the contender it runs. */
export const loadContender = async (name: ContenderName): Promise<Contender> => {
  switch (name) {
    case 'bare':
      return (await import('./bare.ts')).bare;
    case 'backend2':
      return (await import('./backend2.ts')).backend2;
    case 'bullmq':
      return (await import('./bullmq.ts')).bullmq;
    case 'bee-queue':
      return (await import('./bee-queue.ts')).beeQueue;
  }
};
