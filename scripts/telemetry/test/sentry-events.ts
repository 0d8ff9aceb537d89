import type { HttpSink } from '@backend2/testkit';

export interface SentryEvent {
  readonly release: string;
  readonly environment: string;
  readonly server_name: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly exception: { readonly values: readonly { readonly type: string; readonly value: string }[] };
  readonly breadcrumbs?: readonly { readonly message?: string }[];
}

/** The error events among what a tracker was sent in envelopes. */
export const sentryEvents = ({ requests }: Pick<HttpSink, 'requests'>): SentryEvent[] =>
  requests.flatMap(({ body }) =>
    body.split('\n').flatMap((line) => {
      const item = JSON.parse(line || '{}') as Partial<SentryEvent>;
      return item.exception === undefined ? [] : [item as SentryEvent];
    }),
  );
