/** Which versions are supported and which were run by our own tests: data, so that rules, images and documents agree. */

export interface StoreVersions {
  /** What a manifest without `version` gets. */
  readonly default: string;
  /** Regular expression (in the common subset of RE2 and JavaScript) of what the manifest may ask for. */
  readonly pattern: string;
  /** The same in words, for messages. */
  readonly supported: string;
  /** Versions that the test suite runs. */
  readonly tested: readonly string[];
}

export const storeVersions = {
  postgres: {
    default: '17',
    pattern: '^1[5-8]$',
    supported: 'the major version 15, 16, 17 or 18',
    tested: ['15'],
  },
  redis: {
    default: '8',
    pattern: '^[78](\\.[0-9]{1,2}){0,2}$',
    supported: '7 or 8, e.g. 8 or 7.2',
    tested: ['7.0'],
  },
  kafka: {
    default: '4.3.1',
    pattern: '^4\\.[0-9]{1,2}\\.[0-9]{1,2}$',
    supported: '4.x.y, e.g. 4.3.1',
    tested: ['4.3.1'],
  },
  elasticsearch: {
    default: '9.2.0',
    pattern: '^(8\\.19|9\\.[0-9]{1,2})\\.[0-9]{1,2}$',
    supported: '8.19.x or 9.x.y, e.g. 9.2.0',
    tested: ['8.19.0'],
  },
} as const satisfies Record<string, StoreVersions>;

/** A data store of the stack. */
export type StoreName = keyof typeof storeVersions;

/** The data stores in the order in which documents and status name them. */
export const storeNames: readonly StoreName[] = ['postgres', 'redis', 'kafka', 'elasticsearch'];

/** Minor versions of Kubernetes: the three that the Kubernetes project maintains; tested is what the test suite runs. */
export const kubernetesVersions = {
  minimum: '1.34',
  maximum: '1.36',
  tested: ['1.36.3'],
} as const;
