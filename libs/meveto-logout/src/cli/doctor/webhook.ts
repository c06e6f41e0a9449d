import { randomBytes } from 'node:crypto';
import { isLoopback } from '../../core/index.js';
import type { WebhookAddress } from '../webhook-address.js';
import { type Answer, ask, textIn } from './ask.js';
import { fault, type Finding, ok, warning } from './finding.js';

const SUBJECT = 'webhook';
/** No webhook: the application refuses it with 400, and stores nothing. */
const WRONG_BODY: RequestInit = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: '{}',
};

/**
 * Checks that the application's webhook is reachable, refuses a wrong body, and refuses a wrong secret.
 * @see docs/protocol.md#acknowledgement-and-repetition
 */
export async function checkWebhook({ url, secret }: WebhookAddress): Promise<Finding[]> {
  const findings = [asFinding(await ask(url, WRONG_BODY), url.origin)];
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    findings.push(warning(SUBJECT, 'has an http address: tokens can be read on the way. Use https.'));
  }
  if (findings[0]?.level !== 'fault' && secret !== undefined) findings.push(await checkSecret(url, secret));
  return findings;
}

function asFinding(answer: Answer, origin: string): Finding {
  if (answer.kind === 'none') {
    return fault(
      SUBJECT,
      `${origin} does not answer (${answer.why}). Start the application, or name its webhook with --webhook.`,
    );
  }
  const { status, body } = answer;
  if (status === 400 && textIn(body, 'message')?.includes('"type"') === true) {
    return ok(SUBJECT, `${origin} answers, and refuses a wrong body.`);
  }
  if (status === 403) {
    return warning(
      SUBJECT,
      `${origin} answers 403: webhook.allowFrom does not list this machine. Check that it lists Meveto’s addresses.`,
    );
  }
  return fault(SUBJECT, `${origin} answers ${String(status)}: ${remedyFor(status)}`);
}

function remedyFor(status: number): string {
  if (status === 404) {
    return 'nothing is served at this path. Compare webhookPath, the global prefix and MEVETO_WEBHOOK_SECRET_PATH, or give --webhook.';
  }
  if (status >= 200 && status < 300) {
    return 'it accepted a body that is no webhook, so another handler answers. Check webhookPath and what is in front.';
  }
  if (status >= 300 && status < 400) return 'Meveto may not follow redirects. Register the final address.';
  if (status >= 500) return 'the application, its store or a proxy in front of it fails. See its log.';
  return 'something in front of the module refuses webhooks. Exclude the path of the webhook there.';
}

async function checkSecret(url: URL, secret: string): Promise<Finding> {
  const wrong = new URL(url);
  wrong.pathname = url.pathname.slice(0, -secret.length) + randomBytes(24).toString('base64url');
  const answer = await ask(wrong, WRONG_BODY);
  if (answer.kind === 'none')
    return fault(SUBJECT, `did not answer a second time (${answer.why}). Try again.`);
  return answer.status === 404
    ? ok(SUBJECT, 'answers 404 to a wrong secret.')
    : fault(
        SUBJECT,
        `answers ${String(answer.status)} to a wrong secret, expected 404: check that webhook.secretPath is set.`,
      );
}
