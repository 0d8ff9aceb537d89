import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { StackError, explainFileError } from '../src/index.ts';
import { scratch } from './fixtures/scratch.ts';

const sentences: Record<string, string> = {
  ENOSPC: 'The disk that holds /data is full; free some space or choose another folder.',
  EDQUOT: 'Your disk quota for /data is used up; free some space or choose another folder.',
  EACCES: 'There is no permission to write /data; change its owner or choose another folder.',
  EPERM: 'There is no permission to change /data; change its owner or choose another folder.',
  EROFS: '/data is on a read-only file system; choose another folder.',
  ENOTDIR: 'A part of the path /data is a file, not a folder; choose another folder.',
  EMFILE: 'Too many files are open to use /data; raise the limit with "ulimit -n 4096".',
};

for (const [code, sentence] of Object.entries(sentences)) {
  test(`${code} of a file becomes a sentence that says what to do`, (t) => {
    const cause = Object.assign(new Error(`${code}: write`), { code });
    const explained = explainFileError(cause, '/data');
    t.true(explained instanceof StackError);
    t.like(explained, { message: sentence, cause });
  });
}

test('what the system itself refuses is explained, and what is no fault of a file is left as it is', (t) => {
  const file = join(scratch(t), 'file');
  writeFileSync(file, '');
  const refused = t.throws(() => writeFileSync(join(file, 'inner'), ''), { any: true });
  t.true(explainFileError(refused, file) instanceof StackError);
  for (const other of [new Error('ours'), Object.assign(new Error(), { code: 'ENOENT' }), null]) {
    t.is(explainFileError(other, file), other);
  }
});
