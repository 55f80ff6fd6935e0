import process from 'node:process';
import { runService } from '#chassis/run-service.ts';
import { inventoryService } from './service.ts';

await runService(inventoryService, process);
