import { brand, MevetoLogoutError } from '../core/index.js';

/** Too many jobs are waiting. Meveto tries again, and lists the webhook as pending if all its attempts fail. */
export class InboxFullError extends MevetoLogoutError {
  static {
    brand(this, 'InboxFullError');
  }

  override readonly code = 'ERR_MEVETO_INBOX_FULL';
  readonly retryAfterMs = 60_000;
  constructor(
    message = 'Too many jobs are waiting. If the webhooks are forged, set webhook.secretPath and register the new URL with Meveto.',
  ) {
    super(message);
  }
}

/** The job is stored, but has not finished in time to be acknowledged. Meveto tries again. */
export class LogoutUnfinishedError extends MevetoLogoutError {
  static {
    brand(this, 'LogoutUnfinishedError');
  }

  override readonly code = 'ERR_MEVETO_LOGOUT_UNFINISHED';
  readonly retryAfterMs = 5_000;
  constructor() {
    super('The logout is not finished. The work continues; acknowledge the webhook when Meveto repeats it.');
  }
}

/** `resolveJob` was called for a job that is neither ambiguous nor expired, or that does not exist. */
export class JobNotResolvableError extends MevetoLogoutError {
  static {
    brand(this, 'JobNotResolvableError');
  }

  override readonly code = 'ERR_MEVETO_JOB_NOT_RESOLVABLE';
  constructor() {
    super(
      'No ambiguous or expired job has this id, or this version does not know the kind of the job. See listJobs: the job may ' +
        'have finished in the meantime.',
    );
  }
}
