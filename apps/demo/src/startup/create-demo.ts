import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { RequestHandler } from 'express';
import { AppModule } from '../app.module.js';
import type { ClusterBus } from '../cluster/cluster-bus.js';
import { CLUSTER_BUS } from '../cluster/tokens.js';
import type { DemoConfig } from '../config/demo-config.js';
import { assets } from '../http/assets.js';
import { bodyError } from '../http/body-error.js';
import { exceptFor } from '../http/except-for.js';
import { SESSION_MIDDLEWARE } from '../sessions/session-middleware.js';
import { DemoIoAdapter } from './demo-io.adapter.js';
import { DemoLogger } from './demo-logger.js';

/** Routes that read no session: they work without the database or report its outage, and must not wait for it. */
const WITHOUT_SESSION = ['/health', '/metrics', '/meveto/client.js', '/meveto/client.mjs'];

/** Creates the application with its database open, ready to listen. */
export async function createDemo(config: DemoConfig): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule.forRoot(config), {
    abortOnError: false,
    bodyParser: false,
    forceCloseConnections: true,
    logger: new DemoLogger(),
  });
  app.disable('x-powered-by');
  app.use('/assets', assets());
  app.useBodyParser('json');
  app.useBodyParser('urlencoded', { extended: false });
  app.use(bodyError);
  app.use(exceptFor(WITHOUT_SESSION, app.get<RequestHandler>(SESSION_MIDDLEWARE)));
  app.useWebSocketAdapter(new DemoIoAdapter(app, app.get<ClusterBus | undefined>(CLUSTER_BUS)));
  app.enableShutdownHooks();
  return app;
}
