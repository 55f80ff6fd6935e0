import process from 'node:process';
import { runService } from '#chassis/run-service.ts';
import { cartService } from './service.ts';

await runService(cartService, process);
