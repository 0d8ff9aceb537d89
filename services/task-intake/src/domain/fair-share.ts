/** A task with cells to dispatch. */
export interface Candidate {
  readonly taskId: string;
  readonly ownerId: string;
  readonly priority: number;
  readonly pending: number;
}

interface Account {
  /** Cells served, divided by weight: whoever has the least comes next. */
  served: number;
}

/** Doubles the share between owners each 5 steps of priority: 10 weighs 4, -10 weighs a quarter. */
const weightOf = (priority: number): number => 2 ** (priority / 5);

/** Cells that one step of priority puts a task ahead of its owner's other tasks when it appears. */
const headStartPerPriority = 32;

/**
 * Shares a lane between owners, and an owner's part between their tasks, one cell at a time in the order
 * of start-time fair queueing: whoever joins begins level with those already there, so that nobody is
 * owed for having been away, and a large backlog gives no claim. Priority weighs between owners, and
 * within an owner is a bounded head start; so every candidate is served again after a bounded number of cells.
 */
export class FairShare {
  readonly #owners = new Map<string, Account>();
  readonly #tasks = new Map<string, Account>();

  /** How many cells of each task come next; `capacity` in all or as many as there are. */
  plan(candidates: readonly Candidate[], capacity: number): Map<string, number> {
    const owners = this.#join(candidates);
    const planned = new Map<string, number>();
    let free = capacity;
    while (free > 0) {
      const owner = leastServed(owners);
      if (owner === undefined) break;
      const task = leastServed(owner.tasks);
      if (task === undefined) {
        owners.delete(owner);
        continue;
      }
      planned.set(task.taskId, (planned.get(task.taskId) ?? 0) + 1);
      task.account.served += 1;
      owner.account.served += 1 / owner.weight;
      task.left -= 1;
      if (task.left === 0) owner.tasks.delete(task);
      if (owner.tasks.size === 0) owners.delete(owner);
      free -= 1;
    }
    return planned;
  }

  #join(candidates: readonly Candidate[]): Set<OwnerShare> {
    const byOwner = new Map<string, Candidate[]>();
    for (const candidate of candidates) {
      if (candidate.pending <= 0) continue;
      const own = byOwner.get(candidate.ownerId);
      if (own === undefined) byOwner.set(candidate.ownerId, [candidate]);
      else own.push(candidate);
    }
    keepOnly(this.#owners, new Set(byOwner.keys()));
    keepOnly(this.#tasks, new Set(candidates.map((candidate) => candidate.taskId)));
    const level = lowest(this.#owners.values());
    return new Set(
      [...byOwner].map(([ownerId, own]) => {
        const account = open(this.#owners, ownerId, level);
        const ownLevel = lowest(own.flatMap((candidate) => this.#tasks.get(candidate.taskId) ?? []));
        const tasks = own.map((candidate) => ({
          taskId: candidate.taskId,
          left: candidate.pending,
          account: open(this.#tasks, candidate.taskId, ownLevel - candidate.priority * headStartPerPriority),
        }));
        return {
          account,
          weight: weightOf(Math.max(...own.map((candidate) => candidate.priority))),
          tasks: new Set(tasks),
        };
      }),
    );
  }
}

interface TaskShare {
  readonly taskId: string;
  readonly account: Account;
  left: number;
}

interface OwnerShare {
  readonly account: Account;
  readonly weight: number;
  readonly tasks: Set<TaskShare>;
}

const leastServed = <T extends { readonly account: Account }>(shares: ReadonlySet<T>): T | undefined => {
  let least: T | undefined;
  for (const share of shares)
    if (least === undefined || share.account.served < least.account.served) least = share;
  return least;
};

const lowest = (accounts: Iterable<Account>): number => {
  let least = Number.POSITIVE_INFINITY;
  for (const account of accounts) least = Math.min(least, account.served);
  return Number.isFinite(least) ? least : 0;
};

const open = (accounts: Map<string, Account>, id: string, served: number): Account => {
  const known = accounts.get(id);
  if (known !== undefined) return known;
  const account = { served };
  accounts.set(id, account);
  return account;
};

const keepOnly = (accounts: Map<string, Account>, ids: ReadonlySet<string>): void => {
  for (const id of accounts.keys()) if (!ids.has(id)) accounts.delete(id);
};
