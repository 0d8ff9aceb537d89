/** Its message is one sentence for a person: what is wrong and what to do. Print it without a stack. */
export class StackError extends Error {
  override readonly name = 'StackError';
}

const reasons: Record<string, (path: string) => string> = {
  ENOSPC: (path) => `The disk that holds ${path} is full; free some space or choose another folder.`,
  EDQUOT: (path) => `Your disk quota for ${path} is used up; free some space or choose another folder.`,
  EACCES: (path) => `There is no permission to write ${path}; change its owner or choose another folder.`,
  EPERM: (path) => `There is no permission to change ${path}; change its owner or choose another folder.`,
  EROFS: (path) => `${path} is on a read-only file system; choose another folder.`,
  ENOTDIR: (path) => `A part of the path ${path} is a file, not a folder; choose another folder.`,
  EMFILE: (path) => `Too many files are open to use ${path}; raise the limit with "ulimit -n 4096".`,
};

/** Turns a file system error that a person can do something about into a {@link StackError}; returns any other as it is. */
export function explainFileError(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  const explain = code === undefined ? undefined : reasons[code];
  return explain === undefined ? error : new StackError(explain(path), { cause: error });
}
