export { liveEvents } from './events.js';
export { BrowserAnswers } from './browser-answers.js';
export { createBrowserController } from './browser.controller.js';
export type { LivePushDefinition } from './live-push-definition.js';
export { labelOf, LivePush } from './live-push.port.js';
export { LogoutAnnouncer } from './logout-announcer.js';
export { noLivePush } from './no-live-push.js';
export { SessionStates } from './session-states.js';
export { together } from './several-adapters.js';
