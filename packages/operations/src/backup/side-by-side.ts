/** Runs `work` on every item, `jobs` of them at a time, each job with a resource of its own. */
export const sideBySide = async <Item, Resource>(
  items: readonly Item[],
  jobs: number,
  resource: { open(): Promise<Resource>; close(opened: Resource): Promise<unknown> },
  work: (item: Item, opened: Resource) => Promise<void>,
): Promise<void> => {
  const waiting = items.values();
  let failed = false;
  const job = async () => {
    const opened = await resource.open();
    try {
      for (const item of waiting) {
        if (failed) return;
        await work(item, opened);
      }
    } catch (error) {
      failed = true;
      throw error;
    } finally {
      await resource.close(opened);
    }
  };
  const done = await Promise.allSettled(Array.from({ length: Math.min(jobs, items.length) }, job));
  const wrong = done.find((result) => result.status === 'rejected');
  if (wrong) throw wrong.reason;
};
