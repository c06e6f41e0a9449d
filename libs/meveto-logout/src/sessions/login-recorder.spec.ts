import { describe, expect, it } from '@jest/globals';
import { LoginRecorder } from './login-recorder.js';

/** A logout store whose answers a test gives one by one. */
class SlowLogoutStore {
  readonly asked: { userId: string; answer: (at: number) => void; fail: (error: Error) => void }[] = [];

  readonly record = (userId: string): Promise<number> =>
    new Promise((answer, fail) => this.asked.push({ userId, answer, fail }));
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('LoginRecorder', () => {
  it('records the first login at once, and all logins that arrive during this record together after it', async () => {
    const logoutStore = new SlowLogoutStore();
    const recorder = new LoginRecorder(logoutStore.record);
    const first = recorder.record('1');
    const later = [recorder.record('1'), recorder.record('1'), recorder.record('1')];
    expect(logoutStore.asked).toHaveLength(1);
    logoutStore.asked[0]?.answer(100);
    expect(await first).toBe(100);
    await settled();
    expect(logoutStore.asked).toHaveLength(2);
    const latest = recorder.record('1');
    logoutStore.asked[1]?.answer(200);
    expect(await Promise.all(later)).toEqual([200, 200, 200]);
    await settled();
    logoutStore.asked[2]?.answer(300);
    expect(await latest).toBe(300);
  });

  it('never makes one user wait for another', () => {
    const logoutStore = new SlowLogoutStore();
    const recorder = new LoginRecorder(logoutStore.record);
    void recorder.record('1');
    void recorder.record('2');
    expect(logoutStore.asked.map(({ userId }) => userId)).toEqual(['1', '2']);
  });

  it('fails only the logins whose record failed', async () => {
    const logoutStore = new SlowLogoutStore();
    const recorder = new LoginRecorder(logoutStore.record);
    const first = recorder.record('1');
    const second = recorder.record('1');
    logoutStore.asked[0]?.fail(new Error('away'));
    await expect(first).rejects.toThrow('away');
    await settled();
    logoutStore.asked[1]?.answer(200);
    expect(await second).toBe(200);
    await settled();
    const third = recorder.record('1');
    expect(logoutStore.asked).toHaveLength(3);
    logoutStore.asked[2]?.answer(300);
    expect(await third).toBe(300);
  });
});
