import { Controller, Get, type OnApplicationShutdown, Res } from '@nestjs/common';
import type { Response } from 'express';
import { MevetoLogoutService, SkipMevetoLogout } from 'nestjs-meveto-logout';
import { prometheusMetrics } from 'nestjs-meveto-logout/prometheus';
import { Registry } from 'prom-client';

/** Metrics for Prometheus. */
@Controller('metrics')
@SkipMevetoLogout()
export class MetricsController implements OnApplicationShutdown {
  private readonly registry = new Registry();
  private readonly stop: () => void;

  constructor(mevetoLogout: MevetoLogoutService) {
    this.stop = prometheusMetrics(mevetoLogout, { registry: this.registry });
  }

  @Get()
  async report(@Res() response: Response): Promise<void> {
    const text = await this.registry.metrics();
    response.set('Cache-Control', 'no-store').type(this.registry.contentType).send(text);
  }

  onApplicationShutdown(): void {
    this.stop();
  }
}
