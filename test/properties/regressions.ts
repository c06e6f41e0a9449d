import type { History } from './commands.js';

interface Regression {
  /** The error that this history found. */
  readonly catches: string;
  readonly history: History;
}

const inSync = (...commands: History['commands']): History => ({ skewsMs: [0, 0], commands });

/** Shrunk histories for which code and model differed. They run before the generated histories. */
export const regressions: readonly Regression[] = [
  {
    catches: 'a session that began in the millisecond of the logout was live: < for <=',
    history: inSync(
      { do: 'log-in', user: 1, authenticatedAgoMs: null },
      { do: 'press', user: 1, skewMs: 0 },
      { do: 'deliver', webhook: 0 },
    ),
  },
  {
    catches: 'the logout was dated by its processing, not by its receipt',
    history: inSync(
      { do: 'press', user: 0, skewMs: 0 },
      { do: 'deliver', webhook: 0 },
      { do: 'pass', ms: 1 },
      { do: 'log-in', user: 0, authenticatedAgoMs: null },
      { do: 'claim', replica: 0 },
    ),
  },
  {
    catches: 'the stored logout was the last one processed, not the latest one',
    history: inSync(
      { do: 'press', user: 0, skewMs: 0 },
      { do: 'press', user: 0, skewMs: 0 },
      { do: 'deliver', webhook: 1 },
      { do: 'pass', ms: 1 },
      { do: 'log-in', user: 0, authenticatedAgoMs: null },
      { do: 'deliver', webhook: 0 },
    ),
  },
  {
    catches: 'rows that were read before a later logout and arrived after it replaced that logout in memory',
    history: inSync(
      { do: 'press', user: 0, skewMs: 0 },
      { do: 'list', webhook: 0, isDated: false, isRenewed: false },
      { do: 'claim', replica: 0 },
      { do: 'pass', ms: 1 },
      { do: 'log-in', user: 0, authenticatedAgoMs: null },
      { do: 'answer', answer: 0, isLost: false },
      { do: 'look', replica: 0 },
      { do: 'press', user: 0, skewMs: 0 },
      { do: 'deliver', webhook: 1 },
      { do: 'claim', replica: 0 },
      { do: 'answer', answer: 0, isLost: false },
      { do: 'see', replica: 0 },
    ),
  },
  {
    catches: 'a listed webhook that was opened again with a new token counted as new',
    history: inSync(
      { do: 'press', user: 0, skewMs: 0 },
      { do: 'deliver', webhook: 0 },
      { do: 'claim', replica: 0 },
      { do: 'list', webhook: 0, isDated: false, isRenewed: false },
      { do: 'pass', ms: 60_000 },
      { do: 'log-in', user: 0, authenticatedAgoMs: null },
      { do: 'claim', replica: 0 },
      { do: 'answer', answer: 1, isLost: false },
      { do: 'list', webhook: 0, isDated: false, isRenewed: true },
    ),
  },
  {
    catches: 'logouts with a time in the future prevented logins',
    history: inSync(
      { do: 'press', user: 0, skewMs: 3_600_000 },
      { do: 'list', webhook: 0, isDated: true, isRenewed: false },
      { do: 'claim', replica: 0 },
      { do: 'answer', answer: 0, isLost: false },
      { do: 'log-in', user: 0, authenticatedAgoMs: null },
    ),
  },
];
