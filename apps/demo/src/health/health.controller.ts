import { Controller, Get, Res } from '@nestjs/common';
import type { Response } from 'express';
import { SkipMevetoLogout } from 'nestjs-meveto-logout';
import { HealthReport } from './health-report.js';

/** Reports whether the application works, for load balancers and for people. */
@Controller('health')
@SkipMevetoLogout()
export class HealthController {
  constructor(private readonly health: HealthReport) {}

  @Get()
  async report(@Res() response: Response): Promise<void> {
    const report = await this.health.read();
    response.set('Cache-Control', 'no-store');
    if (report.status === 'error') response.set('Retry-After', '2');
    response.status(report.status === 'ok' ? 200 : 503).json(report);
  }
}
