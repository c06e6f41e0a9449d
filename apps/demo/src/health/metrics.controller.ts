import { Controller, Get, Res } from '@nestjs/common';
import type { Response } from 'express';
import { MevetoLogoutService, SkipMevetoLogout } from 'nestjs-meveto-logout';
import { LogoutMetrics } from './logout-metrics.js';

/** Metrics for Prometheus. */
@Controller('metrics')
@SkipMevetoLogout()
export class MetricsController {
  private readonly metrics = new LogoutMetrics();

  constructor(private readonly mevetoLogout: MevetoLogoutService) {}

  @Get()
  async report(@Res() response: Response): Promise<void> {
    const text = await this.metrics.render(await this.mevetoLogout.status());
    response.set('Cache-Control', 'no-store').type(this.metrics.contentType).send(text);
  }
}
