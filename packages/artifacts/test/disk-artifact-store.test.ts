import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { mkdtemp, mkdir, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { ArtifactStoreError, diskArtifactStore } from '../src/index.ts';
import { storeConformance } from './store-conformance.ts';

const ownFolder = async (t: ExecutionContext) => {
  const folder = await mkdtemp(join(tmpdir(), 'artifacts-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
};
const png = { contentType: 'image/png' };

storeConformance(test, 'disk', async (t) => diskArtifactStore({ folder: join(await ownFolder(t), 'made') }));

test('drafts of writers long dead are removed, and those of living ones are left', async (t) => {
  const folder = await ownFolder(t);
  await mkdir(join(folder, 'drafts'));
  await writeFile(join(folder, 'drafts', 'old'), 'half');
  await writeFile(join(folder, 'drafts', 'young'), 'half');
  const longAgo = new Date(Date.now() - 2 * 60 * 60 * 1000);
  await utimes(join(folder, 'drafts', 'old'), longAgo, longAgo);
  await diskArtifactStore({ folder }).put(new Uint8Array([1]), png);
  t.deepEqual(await readdir(join(folder, 'drafts')), ['young']);
});

test('a file cut short by a crash of the disk is written anew', async (t) => {
  const folder = await ownFolder(t);
  const store = diskArtifactStore({ folder });
  const { key } = await store.put(new Uint8Array([1, 2, 3]), png);
  await writeFile(join(folder, key), '');
  await store.put(new Uint8Array([1, 2, 3]), png);
  t.is((await store.open(key)).size, 3);
});

const overTheLimit = `
  import { diskArtifactStore } from ${JSON.stringify(new URL('../src/index.ts', import.meta.url).href)};
  const store = diskArtifactStore({ folder: process.argv[1] });
  await store.put(new Uint8Array(3_000_000), { contentType: 'image/png' }).catch((error) => {
    process.stdout.write(JSON.stringify({ code: error.code, message: error.message }));
  });
`;

const mountSmallDisk = (folder: string) =>
  spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]).status === 0;

/** Takes root, and not every container lets even root. */
const canMount = (() => {
  const folder = mkdtempSync(join(tmpdir(), 'artifacts-mount-'));
  const mounted = mountSmallDisk(folder);
  if (mounted) spawnSync('umount', [folder]);
  rmdirSync(folder);
  return mounted;
})();
const withSmallDisk = canMount ? test : test.skip;

withSmallDisk('a full disk is said to be full, and leaves no half file behind', async (t) => {
  const folder = await ownFolder(t);
  t.true(mountSmallDisk(folder));
  t.teardown(() => void spawnSync('umount', [folder]));
  const { stdout } = spawnSync(
    process.execPath,
    ['--conditions=@backend2/source', '--input-type=module-typescript', '-e', overTheLimit, folder],
    {
      encoding: 'utf8',
    },
  );
  const { code, message } = JSON.parse(stdout) as { code: string; message: string };
  t.is(code, 'full');
  t.true(message.includes(folder));
  t.deepEqual(await readdir(join(folder, 'drafts')), []);
});

test('a folder that is a file is refused with its name', async (t) => {
  const folder = join(await ownFolder(t), 'file');
  await writeFile(folder, '');
  const error = await t.throwsAsync(diskArtifactStore({ folder }).put(new Uint8Array([1]), png), {
    instanceOf: ArtifactStoreError,
  });
  t.is(error.code, 'unavailable');
});

test('a store whose folder vanished fails its check and recovers by itself', async (t) => {
  const folder = join(await ownFolder(t), 'mount');
  const store = diskArtifactStore({ folder });
  await store.put(new Uint8Array([1]), png);
  await rm(folder, { recursive: true });
  await t.throwsAsync(store.check(), { instanceOf: ArtifactStoreError });
  await t.notThrowsAsync(store.check());
});
