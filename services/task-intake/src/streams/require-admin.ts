import { DomainError, type Principal } from '@backend2/contracts';

/** @throws DomainError `admin_only`. */
export const requireAdmin = ({ role }: Principal): void => {
  if (role !== 'admin') throw new DomainError('denied', 'admin_only', 'Only an admin may do this.');
};
