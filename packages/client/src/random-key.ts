/** `crypto.randomUUID` is there only on secure origins; a dashboard on plain HTTP needs keys too. */
export const randomKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  );
