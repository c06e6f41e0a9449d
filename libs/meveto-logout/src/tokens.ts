/** Injection tokens of values. Classes are their own tokens. */
export const RESOLVED_OPTIONS = Symbol('meveto-logout:resolved-options');
export const WEBHOOK_PATH = Symbol('meveto-logout:webhook-path');
export const STORE = Symbol('meveto-logout:store');
export const LIVE_PUSH = Symbol('meveto-logout:live-push');
