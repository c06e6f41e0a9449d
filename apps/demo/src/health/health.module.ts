import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { MevetoLogoutHealthIndicator } from 'nestjs-meveto-logout/terminus';
import { HealthController } from './health.controller.js';
import { MetricsController } from './metrics.controller.js';

@Module({
  // The answer of a failed check says what is wrong. A load balancer checks often: do not log each failure.
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [HealthController, MetricsController],
  providers: [MevetoLogoutHealthIndicator],
})
export class HealthModule {}
