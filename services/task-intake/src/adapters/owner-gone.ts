/** SQL: whether the user with this id was disabled or deleted. What is theirs does nothing of itself any more. */
export const ownerGone = (ownerId: string): string => `EXISTS (SELECT FROM users u
  WHERE u.id = ${ownerId} AND (u.disabled_at IS NOT NULL OR u.deleted_at IS NOT NULL))`;
