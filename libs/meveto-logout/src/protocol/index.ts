export {
  LOGGED_OUT_EVENT,
  NAME,
  NAMESPACE,
  type ConnectErrorData,
  type ConnectRefusal,
  type LiveSession,
  type LoggedOutMessage,
  type PusherChannel,
  type PusherGrant,
  type PusherSubscription,
  type RefusalBody,
  type SessionBody,
} from './protocol.js';
