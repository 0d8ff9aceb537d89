import type { Json } from '@backend2/contracts';

/**
 * Of JSON. A recorder takes a thousand results at a time into its memory, and each passes through Redis: what is larger belongs
 * into an artifact.
 */
export const maxResultBytes = 65_536;

/** 0 for what a handler in JavaScript returns and JSON does not know, such as undefined. */
export const jsonBytes = (value: Json): number => Buffer.byteLength(JSON.stringify(value) ?? '');
