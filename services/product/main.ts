import process from 'node:process';
import { runService } from '#chassis/run-service.ts';
import { productService } from './service.ts';

await runService(productService, process);
