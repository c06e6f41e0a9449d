import { MevetoSimulator } from 'nestjs-meveto-logout/testing';

const environment = process.env;
const appUrl = environment['APP_URL'] ?? 'http://127.0.0.1:3000';

const simulator = new MevetoSimulator({
  port: Number(environment['SIMULATOR_PORT'] ?? 4000),
  applications: [
    {
      clientId: environment['MEVETO_CLIENT_ID'] ?? 'demo-client',
      clientSecret: environment['MEVETO_CLIENT_SECRET'] ?? 'demo-secret-only-for-the-simulator',
      name: 'Demo application',
      webhookUrl: new URL('/meveto/webhook', appUrl).href,
      homeUrl: appUrl,
    },
  ],
});

await simulator.start();
console.log(`Meveto simulator: ${simulator.url} (application: ${appUrl})`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void simulator.stop());
}
