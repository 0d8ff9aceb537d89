import type { Mutation } from '../mutation.ts';
import { batchMutations } from './batches.ts';
import { callMutations } from './calls.ts';
import { fateMutations } from './fates.ts';
import { flowMutations } from './flow.ts';
import { leaseMutations } from './leases.ts';
import { lossMutations } from './loss.ts';
import { publishingMutations } from './publishing.ts';

export const streamMutations: readonly Mutation[] = [
  ...leaseMutations,
  ...fateMutations,
  ...lossMutations,
  ...publishingMutations,
  ...callMutations,
  ...batchMutations,
  ...flowMutations,
];
