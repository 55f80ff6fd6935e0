import test from 'ava';
import { parseConfig } from './config.ts';

test('an empty environment gives the defaults', (t) => {
  const config = parseConfig({});
  t.like(config, { logLevel: 'info', metricsPort: 8080, probesPort: 8081, namespaces: [], concurrency: 4 });
  t.deepEqual(config.installation, { registry: 'ecommerce-stack', images: {}, versions: {} });
});

test('every fault is named in one error, with the value and what is allowed', (t) => {
  const error = t.throws(() =>
    parseConfig({
      OPERATOR_LOG_LEVEL: 'loud',
      OPERATOR_METRICS_PORT: '70000',
      OPERATOR_IMAGES: '{"mysql":"x"}',
      OPERATOR_TYPO: '1',
    }),
  );
  t.regex(error.message, /OPERATOR_LOG_LEVEL=loud: allowed are error, warn, info, debug/);
  t.regex(error.message, /OPERATOR_METRICS_PORT=70000: allowed are whole numbers from 0 to 65535/);
  t.regex(error.message, /OPERATOR_IMAGES=.*mysql.*keys postgres, redis/);
  t.regex(error.message, /OPERATOR_TYPO is not a setting/);
});

test('images and versions are taken by store', (t) => {
  const config = parseConfig({
    OPERATOR_REGISTRY: 'localhost',
    OPERATOR_IMAGES: '{"postgres":"localhost/postgres:15"}',
    OPERATOR_VERSIONS: '{"postgres":"15"}',
    OPERATOR_NAMESPACES: 'a, b',
  });
  t.deepEqual(config.installation.images, { postgres: 'localhost/postgres:15' });
  t.deepEqual(config.namespaces, ['a', 'b']);
});
