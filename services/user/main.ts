import process from 'node:process';
import { runService } from '#chassis/run-service.ts';
import { userService } from './service.ts';

await runService(userService, process);
