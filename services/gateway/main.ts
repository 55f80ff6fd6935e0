import process from 'node:process';
import { runService } from '#chassis/run-service.ts';
import { gatewayService } from './service.ts';

await runService(gatewayService, process);
