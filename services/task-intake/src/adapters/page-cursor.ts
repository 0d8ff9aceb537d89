import { validationFailed } from '@backend2/contracts';

export const encodeCursor = (value: string | number): string =>
  Buffer.from(String(value)).toString('base64url');

/** @throws DomainError `validation_failed` for what is no cursor of a list whose cursors have that form. */
export const decodeCursor = (cursor: string | undefined, form: RegExp): string | null => {
  if (cursor === undefined) return null;
  const value = Buffer.from(cursor, 'base64url').toString();
  if (form.test(value)) return value;
  throw validationFailed([{ path: '?cursor', message: 'is not a cursor of this list' }]);
};

export const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
