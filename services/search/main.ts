import process from 'node:process';
import { runService } from '#chassis/run-service.ts';
import { searchService } from './service.ts';

await runService(searchService, process);
