import { readDemoConfig } from './config/demo-config.js';
import { MevetoOrigins } from './simulator/meveto-origins.js';
import { banner } from './startup/banner.js';
import { createDemo } from './startup/create-demo.js';
import { startFailure } from './startup/start-failure.js';
import { stopInTime } from './startup/stop-in-time.js';

try {
  const config = readDemoConfig(process.env);
  const app = await createDemo(config);
  stopInTime();
  await app.listen(config.port);
  console.log(banner(config, app.get(MevetoOrigins)));
} catch (error) {
  console.error(startFailure(error));
  process.exit(1);
}
