export interface BulkAnswer {
  /** Documents to be sent again. */
  readonly again: readonly string[];
  /** How many the server will never take. */
  readonly refused: number;
  /** Why the server should be left alone for a moment. */
  readonly trouble?: string;
  readonly retryAfterMs?: number;
}

interface BulkItem {
  readonly status?: number;
}

const timeoutMs = 10_000;
const mayPass = (status: number): boolean => status === 429 || status >= 500;

/** What fetch says of a failed connection lies in its cause. */
const reasonOf = (error: unknown): string => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message || cause.name : String(cause);
};

/** One request of Elasticsearch's bulk API: who is to be asked, and what an answer means. */
export class BulkSender {
  readonly #url: string;
  readonly #headers: Record<string, string>;

  constructor({
    url,
    index,
    apiKey,
  }: {
    readonly url: string;
    readonly index: string;
    readonly apiKey: string;
  }) {
    const at = new URL(url);
    const user = decodeURIComponent(at.username);
    const password = decodeURIComponent(at.password);
    at.username = '';
    at.password = '';
    at.pathname = `${at.pathname.replace(/\/$/, '')}/${encodeURIComponent(index)}/_bulk`;
    this.#url = at.href;
    this.#headers = {
      'content-type': 'application/x-ndjson',
      ...(apiKey === '' && user !== ''
        ? { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` }
        : apiKey !== '' && { authorization: `ApiKey ${apiKey}` }),
    };
  }

  async send(documents: readonly string[]): Promise<BulkAnswer> {
    try {
      const response = await fetch(this.#url, {
        method: 'POST',
        headers: this.#headers,
        body: documents.map((document) => `{"create":{}}\n${document}\n`).join(''),
        signal: AbortSignal.timeout(timeoutMs),
      });
      if (response.ok) return itemised(documents, (await response.json()) as { items?: unknown });
      await response.body?.cancel();
      const { status } = response;
      const trouble = `Elasticsearch answered ${status}`;
      if (!mayPass(status)) return { again: [], refused: documents.length, trouble };
      const seconds = Number(response.headers.get('retry-after'));
      return { again: documents, refused: 0, trouble, ...(seconds > 0 && { retryAfterMs: seconds * 1000 }) };
    } catch (error) {
      return { again: documents, refused: 0, trouble: `Elasticsearch cannot be reached: ${reasonOf(error)}` };
    }
  }
}

/** An accepted request may still refuse some of its documents, for now or for good. */
const itemised = (documents: readonly string[], { items }: { items?: unknown }): BulkAnswer => {
  if (!Array.isArray(items) || items.length !== documents.length) {
    return { again: [], refused: documents.length, trouble: 'what answers there is not Elasticsearch' };
  }
  const again: string[] = [];
  let refused = 0;
  for (const [index, item] of (items as { readonly create?: BulkItem }[]).entries()) {
    const status = item.create?.status ?? 500;
    if (status < 300) continue;
    if (mayPass(status)) again.push(documents[index] as string);
    else refused += 1;
  }
  if (again.length > 0) return { again, refused, trouble: 'Elasticsearch is overloaded' };
  return { again, refused };
};
