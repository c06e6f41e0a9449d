import type { Store } from '../../store/index.js';
import type { Current, OpenedStore } from './opened-store.js';

/** The same store, in which `applyLogout` begins as the batch of one answer. Its outcomes must be the same. */
export const inBatches =
  (current: Current): Current =>
  () => {
    const opened = current();
    const store = replaced<Store>(opened.store, 'logoutStore', replacedApply(opened.store.logoutStore));
    return replaced<OpenedStore>(opened, 'store', store);
  };

type LogoutStore = Store['logoutStore'];

const replacedApply = (logoutStore: LogoutStore): LogoutStore => {
  const applyLogout: LogoutStore['applyLogout'] = async (job, mevetoId, committing) => {
    const outcomes = await logoutStore.applyLogouts([{ job, mevetoId }], committing);
    return outcomes.get(job.id) ?? logoutStore.applyLogout(job, mevetoId, committing);
  };
  return replaced(logoutStore, 'applyLogout', applyLogout);
};

/** The object with another value of one property. */
function replaced<T extends object>(object: T, property: keyof T, value: unknown): T {
  return new Proxy(object, {
    get(target, name) {
      if (name === property) return value;
      const member: unknown = Reflect.get(target, name);
      // Methods with private fields need the object itself.
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
}
