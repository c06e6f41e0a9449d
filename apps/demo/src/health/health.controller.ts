import { Controller, Get, Inject, Res } from '@nestjs/common';
import {
  HealthCheck,
  type HealthCheckResult,
  HealthCheckService,
  type HealthIndicatorResult,
  HealthIndicatorService,
} from '@nestjs/terminus';
import type { Response } from 'express';
import { SkipMevetoLogout } from 'nestjs-meveto-logout';
import { MevetoLogoutHealthIndicator } from 'nestjs-meveto-logout/terminus';
import type { ClusterBus } from '../cluster/cluster-bus.js';
import { CLUSTER_BUS } from '../cluster/tokens.js';

/** Reports whether the application works, for load balancers and for people: 200, or 503 without its database. */
@Controller('health')
@SkipMevetoLogout()
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly mevetoLogout: MevetoLogoutHealthIndicator,
    @Inject(CLUSTER_BUS) private readonly bus: ClusterBus | undefined,
  ) {}

  @Get()
  @HealthCheck()
  async report(@Res({ passthrough: true }) response: Response): Promise<HealthCheckResult> {
    try {
      return await this.health.check([() => this.mevetoLogout.check(), () => this.cluster()]);
    } catch (error) {
      response.set('Retry-After', '2');
      throw error;
    }
  }

  /** Without the bus to the other replicas, they learn of each other's logouts a second later. */
  private cluster(): HealthIndicatorResult<'cluster'> {
    const indicator = this.indicators.check('cluster');
    if (this.bus === undefined) return indicator.up({ bus: 'none' });
    return this.bus.isUp ? indicator.up({ bus: 'up' }) : indicator.degraded({ bus: 'down' });
  }
}
