import { Faults } from '../../core/index.js';
import { mevetoTable } from '../../meveto/index.js';
import { type Environment, variable } from '../environment.js';
import { type Answer, ask, textIn } from './ask.js';
import { fault, type Finding, ok, warning } from './finding.js';

const API = 'Meveto’s API';
const CREDENTIALS = 'client id';
const CLOCK = 'clock';
/** No person has this token: Meveto calls it invalid. */
const NO_TOKEN = 'nestjs-meveto-logout-doctor';
/** A logout that Meveto lists has Meveto's time, so the clocks must agree roughly. The `Date` of an answer is a whole second. */
const MAX_SKEW_MS = 5_000;
const DATE_RESOLUTION_MS = 1_000;

const JSON_ACCEPTED = { accept: 'application/json' };

/** Checks that Meveto answers, that it accepts client id and secret, and that its clock agrees with the one of this machine. */
export async function checkMeveto(environment: Environment): Promise<Finding[]> {
  const faults = new Faults();
  const table = mevetoTable();
  const apiUrl = table.apiUrl.read('apiUrl', variable(environment, 'MEVETO_API_URL'), faults);
  const [found] = faults.found;
  if (found !== undefined) return [fault('MEVETO_API_URL', found.replace('apiUrl: ', ''))];

  const url = new URL('/api/client/user-for-token', apiUrl);
  url.searchParams.set('token', NO_TOKEN);
  const answer = await ask(url, { headers: JSON_ACCEPTED });
  const api = asFinding(answer, apiUrl);
  if (answer.kind === 'none') return [api];
  return [api, await checkCredentials(apiUrl, environment), clockOf(answer)];
}

function asFinding(answer: Answer, apiUrl: string): Finding {
  if (answer.kind === 'none') {
    return fault(
      API,
      `${apiUrl} does not answer (${answer.why}). Check MEVETO_API_URL and the network. HTTPS_PROXY is not used: see outbound.agent.`,
    );
  }
  return textIn(answer.body, 'status') === 'Invalid_User_Token'
    ? ok(API, `${apiUrl} answers.`)
    : fault(
        API,
        `${apiUrl} answers ${String(answer.status)}, not as Meveto’s user endpoint. Check MEVETO_API_URL, or set exchange.path.`,
      );
}

async function checkCredentials(apiUrl: string, environment: Environment): Promise<Finding> {
  const id = variable(environment, 'MEVETO_CLIENT_ID');
  const secret = variable(environment, 'MEVETO_CLIENT_SECRET');
  if (id === undefined) return fault('MEVETO_CLIENT_ID', 'is not set. Copy it from your page at Meveto.');
  if (secret === undefined) return warning(CREDENTIALS, 'was not checked without MEVETO_CLIENT_SECRET.');
  const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
  const url = new URL('/api/client/webhooks/pending', apiUrl);
  const answer = await ask(url, { headers: { ...JSON_ACCEPTED, authorization } });
  if (answer.kind === 'none') return fault(CREDENTIALS, `was not checked: ${answer.why}. Try again.`);
  const { status, body } = answer;
  if (status === 200 && textIn(body, 'status') === 'Pending_Webhooks_Retrieved') {
    return ok(CREDENTIALS, 'and secret are accepted for the list of pending webhooks.');
  }
  return status === 401 || status === 403
    ? fault(CREDENTIALS, `or secret is refused with ${String(status)}. Copy both from your page at Meveto.`)
    : warning(
        CREDENTIALS,
        `was not checked: the list of pending webhooks answers ${String(status)}. Set reconcile.path or reconcile.source.`,
      );
}

function clockOf({ date, sentAt, receivedAt }: Extract<Answer, { kind: 'answer' }>): Finding {
  if (date === undefined) return warning(CLOCK, 'was not checked: Meveto’s answer has no Date.');
  const ahead = sentAt - (date + DATE_RESOLUTION_MS);
  const behind = date - receivedAt;
  const skew = Math.max(ahead, behind, 0);
  if (skew <= MAX_SKEW_MS) return ok(CLOCK, 'agrees with Meveto’s.');
  const seconds = String(Math.round(skew / 1_000));
  return fault(
    CLOCK,
    `is ${seconds} s ${ahead > 0 ? 'ahead of' : 'behind'} Meveto’s. Synchronize it (NTP), also on the database server.`,
  );
}
