import { availableParallelism } from 'node:os';

// One configuration per tier of tests, chosen by TIER. What each tier needs and
// how long it takes is in CONTRIBUTING.md.
const tiers = {
  unit: {
    files: [
      '{operator,services,lab,scripts,bench}/**/*.test.ts',
      'test/architecture/*.test.ts',
      '!**/*.stores.test.ts',
    ],
    timeout: '60s',
  },
  services: {
    files: ['services/{cart,gateway,inventory,product,user}/**/*.stores.test.ts'],
    timeout: '120s',
    workerThreads: false,
  },
  stores: {
    files: ['services/{chassis,search}/**/*.stores.test.ts', '{operator,lab}/**/*.stores.test.ts'],
    timeout: '120s',
    workerThreads: false,
    // A file runs up to three servers, JVMs among them: two cores carry one file at a time.
    concurrency: Math.max(1, Math.floor(availableParallelism() / 2)),
  },
  apiserver: { files: ['test/apiserver/*.test.ts'], timeout: '180s', workerThreads: false, concurrency: 2 },
  controlplane: { files: ['test/controlplane/*.test.ts'], timeout: '240s', workerThreads: false, concurrency: 1 },
  // On demand: what takes long and wants the machine for itself.
  faults: { files: ['test/faults/*.e2e.ts'], timeout: '15m', workerThreads: false, concurrency: 1, serial: true },
  cluster: { files: ['test/cluster/*.e2e.ts'], timeout: '15m', workerThreads: false, concurrency: 1, serial: true },
};

const name = process.env['TIER'] ?? 'unit';
const tier = tiers[name];
if (tier === undefined) {
  throw new Error(`TIER=${name}: choose one of ${Object.keys(tiers).join(', ')}`);
}

export default { extensions: ['ts'], ...tier };
