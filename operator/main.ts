import packageJson from '../package.json' with { type: 'json' };
import { loadConfig } from './config.ts';
import { loadConnection } from './kube/connection.ts';
import { createKubeMetrics } from './kube/metrics.ts';
import { fieldManager } from './objects/names.ts';
import { EcommerceOperator } from './operator.ts';
import { createLogger } from './runtime/logger.ts';
import { createRuntimeMetrics } from './runtime/metrics.ts';

const config = loadConfig();
const logger = createLogger({ level: config.logLevel, name: 'operator' });
const runtimeMetrics = createRuntimeMetrics();

process.on('unhandledRejection', (error) => {
  // A rejection that nobody handles is a fault of ours: better a restart than an operator in an unknown state.
  logger.error({ err: error }, 'unhandled rejection');
  process.exit(1);
});

const operator = new EcommerceOperator({
  connection: await loadConnection({ serviceAccountDirectory: config.serviceAccountDirectory }),
  logger,
  metrics: createKubeMetrics(runtimeMetrics.registry),
  fieldManager,
  config,
  runtimeMetrics,
  version: packageJson.version,
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    logger.info({ signal }, 'stopping');
    operator.stop();
  });
}

try {
  logger.info({ version: packageJson.version, namespaces: config.namespaces }, 'starting');
  await operator.start();
  await operator.finished();
  logger.info({}, 'stopped');
} catch (error) {
  logger.error({ err: error }, 'the operator cannot go on');
  process.exitCode = 1;
}
