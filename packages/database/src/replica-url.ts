/** Textually, since a URL of several hosts is none to the parser. */
const loginOfUrl = (url: string): string => /^\w+:\/\/([^@/?]*@)?/.exec(url)?.[1] ?? '';

/** A replica's URL that names no user takes the primary's user and password, so that these are kept in one place. */
export const replicaUrl = (url: string, primaryUrl: string): string =>
  loginOfUrl(url) === '' ? url.replace('://', () => `://${loginOfUrl(primaryUrl)}`) : url;
