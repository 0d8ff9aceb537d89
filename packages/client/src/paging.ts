import type { Page } from '@backend2/contracts';

/** Every item of every page, fetching the next one only when it is wanted. */
export async function* everyItem<T>(fetchPage: (cursor: string | undefined) => Promise<Page<T>>) {
  let cursor: string | undefined;
  do {
    const page = await fetchPage(cursor);
    yield* page.items;
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
}
