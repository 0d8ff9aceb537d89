import { s3ArtifactStore } from '@backend2/artifacts';
import { artifactsConfig, loadConfig, type ArtifactsConfig } from '@backend2/service-kit';
import { OperatorError } from './operator-error.ts';
import { runCommandLine, say } from './run-command-line.ts';

const usage = `Makes the bucket of the artifacts where it is missing, and tries it with a write.

  make-bucket

Reads ARTIFACTS_STORE, which must be s3, and the ARTIFACTS_S3_ variables, as the services do.`;

await runCommandLine(usage, async () => {
  const { artifacts } = loadConfig<{ artifacts: ArtifactsConfig }>(
    { artifacts: artifactsConfig },
    process.env,
  );
  if (artifacts.store !== 's3') throw new OperatorError(usage);
  const store = s3ArtifactStore(artifacts.s3);
  await store.makeBucket();
  await store.check();
  say(`Artifacts are kept in the bucket ${artifacts.s3.bucket}`);
});
