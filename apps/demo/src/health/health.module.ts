import { Module } from '@nestjs/common';
import { HealthController } from './health.controller.js';
import { HealthReport } from './health-report.js';
import { MetricsController } from './metrics.controller.js';

@Module({ controllers: [HealthController, MetricsController], providers: [HealthReport] })
export class HealthModule {}
