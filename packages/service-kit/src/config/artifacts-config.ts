import type { ConfigSchema } from './load-config.ts';

/** Where output files are kept; every gateway and worker must be told the same. */
export interface ArtifactsConfig {
  readonly store: 'disk' | 's3';
  readonly dir: string;
  readonly s3: {
    readonly endpoint: string;
    readonly region: string;
    readonly bucket: string;
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
  };
}

export const artifactsConfig: ConfigSchema<ArtifactsConfig> = {
  store: {
    doc: 'disk: a folder that all of them reach; s3: a bucket',
    format: ['disk', 's3'],
    default: 'disk',
    env: 'ARTIFACTS_STORE',
  },
  dir: { doc: 'The folder', format: 'text', default: '.data/artifacts', env: 'ARTIFACTS_DIR' },
  s3: {
    endpoint: {
      doc: 'Whatever speaks S3, without the bucket; buckets are addressed by path',
      format: 'webUrlOrNone',
      default: '',
      env: 'ARTIFACTS_S3_ENDPOINT',
    },
    region: { doc: 'Region signed for', format: 'text', default: 'us-east-1', env: 'ARTIFACTS_S3_REGION' },
    bucket: { doc: 'Must be there', format: 'text', default: '', env: 'ARTIFACTS_S3_BUCKET' },
    accessKeyId: {
      doc: 'May read, write and delete objects of the bucket',
      format: 'text',
      default: '',
      env: 'ARTIFACTS_S3_ACCESS_KEY_ID',
    },
    secretAccessKey: {
      doc: 'Its secret',
      format: 'text',
      default: '',
      env: 'ARTIFACTS_S3_SECRET_ACCESS_KEY',
      sensitive: true,
    },
  },
};
