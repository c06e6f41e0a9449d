import { MevetoSimulator } from 'nestjs-meveto-logout/testing';
import type { Profile, Tab, TestBrowser } from '../browser/tab.js';
import { DemoProcess } from './demo-process.js';

const CLIENT = { id: 'browser-tests', secret: 'browser-tests-secret-0123456789' };

export type DemoUser = 'alice' | 'bob' | 'carol';

/** A browser, the compiled demo as a process, and Meveto in this process, so that tests can time its webhooks. */
export class DemoBrowser {
  private constructor(
    readonly browser: TestBrowser,
    readonly demo: DemoProcess,
    readonly meveto: MevetoSimulator,
  ) {}

  static async start(launch: () => Promise<TestBrowser>): Promise<DemoBrowser> {
    const meveto = new MevetoSimulator({ retryDelayMs: 1_000 });
    await meveto.start();
    const demo = await DemoProcess.start({
      MEVETO_API_URL: meveto.url,
      MEVETO_DASHBOARD_URL: meveto.url,
      MEVETO_CLIENT_ID: CLIENT.id,
      MEVETO_CLIENT_SECRET: CLIENT.secret,
    });
    meveto.addApplication({
      clientId: CLIENT.id,
      clientSecret: CLIENT.secret,
      name: 'Demo',
      webhookUrl: `${demo.url}/meveto/webhook`,
      homeUrl: demo.url,
    });
    for (const user of ['alice', 'bob', 'carol'])
      meveto.addPerson({ mevetoId: `meveto-${user}`, name: user });
    return new DemoBrowser(await launch(), demo, meveto);
  }

  async stop(): Promise<void> {
    await this.browser.close();
    await this.demo.stop();
    await this.meveto.stop();
  }

  /** Acts like "Log out" on the dashboard. */
  logOut(user: DemoUser): Promise<unknown> {
    return this.meveto.logOut(`meveto-${user}`, CLIENT.id);
  }

  logIn(context: Profile, user: DemoUser, url = this.demo.url): Promise<void> {
    return logIn(context, user, url);
  }

  openProfile(context: Profile, url = this.demo.url): Promise<Tab> {
    return openProfile(context, url);
  }
}

/** Logs this browser profile in, as another of its tabs would. */
export async function logIn(context: Profile, user: DemoUser, url: string): Promise<void> {
  const response = await context.request.post(`${url}/login`, {
    data: { email: `${user}@example.com`, password: `${user}-demo-password` },
    headers: { accept: 'application/json' },
  });
  if (!response.ok()) throw new Error(`login: ${String(response.status())} ${await response.text()}`);
}

/** Opens a tab on the profile page and waits until it is connected. */
export async function openProfile(context: Profile, url: string): Promise<Tab> {
  const tab = await context.newPage();
  await tab.goto(`${url}/profile`);
  await untilLive(tab);
  return tab;
}

export const untilLive = (tab: Tab, state = 'connected', timeout = 40_000): Promise<void> =>
  tab.locator(`[data-live="${state}"]`).waitFor({ timeout });

export const addressOf = (tab: Tab): Promise<string> => tab.evaluate<string>('location.href');
