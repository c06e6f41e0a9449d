import type { MevetoLogoutOptions } from 'nestjs-meveto-logout';

type Given = Partial<MevetoLogoutOptions>;

/** Merges given options into the base. Groups of durations and numbers are merged option by option. */
export function mergeOptions<Base extends Given>(base: Base, given: Given = {}): Base & Given {
  const merged: Base & Given = { ...base, ...given };
  return {
    ...merged,
    exchange: { ...base.exchange, ...given.exchange },
    inbox: { ...base.inbox, ...given.inbox },
    logouts: { ...base.logouts, ...given.logouts },
    logoutState: { ...base.logoutState, ...given.logoutState },
  };
}
