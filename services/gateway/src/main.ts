import { contactSheet, openArtifactStore } from '@backend2/artifacts';
import { loadConfigOrExit, runUntilSignal, startTelemetry } from '@backend2/service-kit';
import { storedArtifactFiles } from './adapters/stored-artifact-files.ts';
import { readGatewayConfig } from './config.ts';
import { createGateway } from './create-gateway.ts';
import { oneAtATime } from './exports/one-at-a-time.ts';

const version = process.env['BACKEND2_VERSION'] ?? 'development';
const config = readGatewayConfig(loadConfigOrExit, process.env);
const telemetry = await startTelemetry({ service: 'gateway', version, config });
const { log, metrics, errors } = telemetry;
const artifacts = storedArtifactFiles(openArtifactStore(config.artifacts));
const composeSheet = oneAtATime(contactSheet);

const gateway = createGateway({ config, version, log, metrics, errors, artifacts, composeSheet });
await runUntilSignal(gateway.services, {
  log,
  readiness: gateway.readiness,
  ...config.ops,
  ports: () => gateway.ports(),
  onExit: () => telemetry.close(),
});
