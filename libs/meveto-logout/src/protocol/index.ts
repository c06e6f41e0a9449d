export {
  LOGGED_OUT_EVENT,
  NAME,
  NAMESPACE,
  type ConnectErrorData,
  type ConnectRefusal,
  type LoggedOutMessage,
  type PusherChannel,
  type PusherGrant,
  type PusherSubscription,
} from './protocol.js';
