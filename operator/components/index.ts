import type { AnyComponent } from './contract.ts';
import { elasticsearch } from './elasticsearch/index.ts';
import { kafka } from './kafka/index.ts';
import { postgres } from './postgres/index.ts';
import { redis } from './redis/index.ts';
import { services } from './services/index.ts';

/** Every component that this operator can build: the only list of them. */
export const components: readonly AnyComponent[] = [postgres, redis, kafka, elasticsearch, ...services];
