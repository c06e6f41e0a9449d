import type { OnApplicationShutdown } from '@nestjs/common';
import { MevetoSimulator } from 'nestjs-meveto-logout/testing';
import type { DemoConfig } from '../config/demo-config.js';
import { ownOrigin, webhookPath } from './own-addresses.js';

/** The origins of Meveto's API and dashboard. Runs the simulator if it is in this process. */
export class MevetoOrigins implements OnApplicationShutdown {
  private constructor(
    readonly apiUrl: string,
    readonly dashboardUrl: string,
    private readonly simulator?: MevetoSimulator,
  ) {}

  static async open(config: DemoConfig): Promise<MevetoOrigins> {
    const { meveto } = config;
    if (meveto.kind === 'remote') return new MevetoOrigins(meveto.apiUrl, meveto.dashboardUrl);
    const simulator = new MevetoSimulator({
      port: meveto.port,
      applications: [
        {
          ...config.client,
          name: 'Meveto demo',
          webhookUrl: `http://127.0.0.1:${String(config.port)}/${webhookPath(config)}`,
          homeUrl: `${ownOrigin(config)}/`,
        },
      ],
    });
    await simulator.start();
    return new MevetoOrigins(simulator.url, simulator.url, simulator);
  }

  get isSimulated(): boolean {
    return this.simulator !== undefined;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.simulator?.stop();
  }
}
