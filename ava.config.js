import { availableParallelism } from 'node:os';

// Tests of servers mostly wait: for an index to be refreshed, a node to be missed, a group to be formed.
const filesAtOnce = availableParallelism() + 1;

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
    concurrency: filesAtOnce,
  },
  stores: {
    files: ['services/{chassis,search}/**/*.stores.test.ts', '{operator,lab}/**/*.stores.test.ts'],
    timeout: '120s',
    workerThreads: false,
    concurrency: filesAtOnce,
  },
  apiserver: {
    files: ['test/apiserver/*.test.ts'],
    timeout: '180s',
    workerThreads: false,
    concurrency: filesAtOnce,
  },
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
