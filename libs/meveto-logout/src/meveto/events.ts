import { count, duration, event, eventTable, instant, text } from '../core/index.js';

const MINUTE_MS = 60_000;

/** The reason of a failure that is the process’s own. It has no line. */
export const STOPPED = 'This process stops.';

export const mevetoEvents = eventTable({
  MEVETO_WEBHOOK_ACCEPTED: event({
    level: 'none',
    fields: { sinceRequestMs: duration('time from the end of the request to the decision to answer it') },
    when: 'A webhook was stored and gets its 202.',
    counter: 'webhook_accepted',
  }),
  MEVETO_WEBHOOK_REFUSED: event({
    level: 'none',
    when: 'A webhook request was not valid: its content type, encoding, size or body.',
    counter: 'webhook_refused',
  }),
  MEVETO_WEBHOOK_UNKNOWN_TYPE: event({
    level: 'none',
    when: 'A webhook has a type that this version does not know. It gets a 202 and has no effect.',
    counter: 'webhook_unknown_type',
  }),
  MEVETO_WEBHOOK_UNAVAILABLE: event({
    level: 'none',
    fields: { error: text('code of the error, `ERR_MEVETO_…`, if it has one') },
    when: 'A webhook could not be stored or finished in time, and got a 503: Meveto tries again.',
    counter: 'webhook_unavailable',
  }),
  MEVETO_INBOX_FULL: event({
    level: 'warn',
    when: 'A webhook was answered with 503 because too many jobs wait. One line a minute, with the number of others.',
    action:
      'If the webhooks are forged, set `webhook.secretPath`. Otherwise raise `inbox.maxWaitingPerPriority`.',
    text: 'Too many jobs are waiting. If the webhooks are forged, set webhook.secretPath and register the new URL with Meveto.',
    bound: {
      lines: 1,
      perMs: MINUTE_MS,
      rest: (rest) =>
        `${String(rest)} more webhooks got a 503 in the last minute because too many jobs wait.`,
    },
  }),
  MEVETO_WEBHOOK_ADDRESS_REFUSED: event({
    level: 'warn',
    fields: { sender: text('the address, or `an unknown address`') },
    when: '`webhook.allowFrom` does not list the address of a sender. One line a minute, with the number of others.',
    action: 'If this is your own proxy, configure the HTTP adapter to trust the proxy by its address.',
    text: ({ sender }) =>
      `A webhook request from ${sender} was refused: webhook.allowFrom does not list this address. If this is your own ` +
      'proxy, configure the HTTP adapter to trust the proxy by its address (Express: trust proxy, Fastify: trustProxy).',
    counter: 'webhook_address_refused',
    bound: {
      lines: 1,
      perMs: MINUTE_MS,
      rest: (rest) => `${String(rest)} more webhook requests from other addresses were refused.`,
    },
  }),
  MEVETO_EVERY_PROXY_TRUSTED: event({
    level: 'warn',
    fields: {
      adapter: text('the HTTP adapter'),
      setting: text('its setting'),
      remedy: text('what to set'),
      consequence: text('what the setting makes useless, or nothing'),
    },
    when: 'The HTTP adapter trusts every proxy, so that clients can claim any address. Once in a process.',
    action:
      'Set `trust proxy` (Express) or `trustProxy` (Fastify) to the address of your proxy, not to true.',
    text: ({ adapter, setting, remedy, consequence }) =>
      `${consequence}${adapter} trusts every proxy. Any client can claim any address in X-Forwarded-For, also the address of a ` +
      `known sender. Set ${setting} to ${remedy}, not to true.`,
    once: true,
  }),
  MEVETO_WEBHOOK_WITHOUT_SECRET: event({
    level: 'warn',
    when: 'At start with `NODE_ENV=production`, if `webhook.secretPath` is not set.',
    action: 'Set `webhook.secretPath`, and register the new URL with Meveto. See docs/protocol.md.',
    text:
      'webhook.secretPath is not set: anyone can send webhooks. Another application that is registered with Meveto can send the ' +
      'token of a person here as Meveto_Protection_Removed, and that clears the Meveto ID of the person. Set webhook.secretPath, and ' +
      'register the new URL with Meveto. See docs/protocol.md.',
    once: true,
  }),
  MEVETO_JOB_UNRESOLVED: event({
    level: 'error',
    fields: { jobId: text('id of the job'), receivedAt: instant('when the job was stored') },
    when: 'A job stays ambiguous: the list of pending webhooks was read, and does not name it. Once for each job and process.',
    action: 'Find out who the person is, and call `resolveJob`. See docs/modes.md.',
    text: ({ jobId, receivedAt }) =>
      `Job ${jobId}, received ${new Date(receivedAt).toISOString()}, stays ambiguous: Meveto’s list of pending webhooks does not name it. ` +
      `The person may still be signed in. Find out who the person is, and call resolveJob('${jobId}', { userId }) or ` +
      `resolveJob('${jobId}', { discard: 'why' }). See docs/modes.md.`,
    counter: 'job_unresolved',
    bound: {
      lines: 10,
      perMs: 1_000,
      rest: (rest) =>
        `${String(rest)} more jobs stay ambiguous. See listJobs({ state: 'ambiguous' }) and docs/modes.md.`,
    },
  }),
  MEVETO_RECONCILED: event({
    level: 'none',
    when: 'Meveto’s list of pending webhooks was read as a whole.',
    counter: 'reconcile_success',
  }),
  MEVETO_RECONCILE_FAILED: event({
    level: 'warn',
    fields: { reason: text('what failed') },
    when: 'Meveto’s list of pending webhooks could not be read. It is read again with growing pauses. One line for an outage.',
    action: 'Check `reconcile.path` or `reconcile.source`, the client’s credentials and the network.',
    text: ({ reason }) => (reason === STOPPED ? undefined : reason),
    counter: 'reconcile_failure',
    outage: 'reconcile',
  }),
  MEVETO_RECONCILE_RECOVERED: event({
    level: 'log',
    when: 'The list of pending webhooks can be read again.',
    text: 'Meveto’s list of pending webhooks can be read again.',
    ends: 'reconcile',
  }),
  MEVETO_RECONCILE_OPENED_JOBS: event({
    level: 'none',
    fields: { count: count('how many jobs') },
    when: 'Listed webhooks became jobs, or opened finished jobs again.',
    counter: 'reconcile_new_job',
  }),
  MEVETO_MISSED_DELIVERIES: event({
    level: 'warn',
    fields: { count: count('how many webhooks') },
    when: 'Webhooks were found on the list of pending webhooks only: their requests never arrived.',
    action: 'Check whether Meveto can reach the registered URL.',
    text: ({ count }) =>
      `${String(count)} webhooks never arrived and were found on Meveto’s list of pending webhooks only. Can Meveto reach ` +
      'the registered URL?',
    counter: 'reconcile_missed_delivery',
  }),
  MEVETO_LIST_ENTRIES_SKIPPED: event({
    level: 'warn',
    fields: { count: count('how many entries') },
    when: 'Entries of the list of pending webhooks were not understood. One line a minute.',
    action: 'Compare what Meveto sends with docs/protocol.md.',
    text: ({ count }) =>
      `${String(count)} entries of Meveto’s list of pending webhooks were not understood and were skipped.`,
    bound: {
      lines: 1,
      perMs: MINUTE_MS,
      rest: (rest) => `${String(rest)} more entries of the list were skipped in the last minute.`,
    },
  }),
  MEVETO_LISTED_NOT_STORED: event({
    level: 'warn',
    fields: { count: count('how many webhooks') },
    when: 'The database refuses the rows of listed webhooks, or keeps them locked. They are requested again.',
    action: 'Check constraints, triggers and long transactions.',
    text: ({ count }) =>
      `${String(count)} listed webhooks could not be stored, because the database refuses their rows or keeps them locked. They are ` +
      'requested again with the next poll.',
    bound: {
      lines: 1,
      perMs: MINUTE_MS,
      rest: (rest) => `${String(rest)} more listed webhooks could not be stored in the last minute.`,
    },
  }),
});
