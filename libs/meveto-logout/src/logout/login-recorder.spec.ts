import { describe, expect, it } from '@jest/globals';
import { LoginRecorder } from './login-recorder.js';

/** A register whose answers a test gives one by one. */
class SlowRegister {
  readonly asked: { userId: string; answer: (at: number) => void; fail: (error: Error) => void }[] = [];

  readonly record = (userId: string): Promise<number> =>
    new Promise((answer, fail) => this.asked.push({ userId, answer, fail }));
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('LoginRecorder', () => {
  it('records the first login at once, and all that come meanwhile together, after it', async () => {
    const register = new SlowRegister();
    const recorder = new LoginRecorder(register.record);
    const first = recorder.record('1');
    const later = [recorder.record('1'), recorder.record('1'), recorder.record('1')];
    expect(register.asked).toHaveLength(1);
    register.asked[0]?.answer(100);
    expect(await first).toBe(100);
    await settled();
    expect(register.asked).toHaveLength(2);
    const latest = recorder.record('1');
    register.asked[1]?.answer(200);
    expect(await Promise.all(later)).toEqual([200, 200, 200]);
    await settled();
    register.asked[2]?.answer(300);
    expect(await latest).toBe(300);
  });

  it('never lets one user wait for another', () => {
    const register = new SlowRegister();
    const recorder = new LoginRecorder(register.record);
    void recorder.record('1');
    void recorder.record('2');
    expect(register.asked.map(({ userId }) => userId)).toEqual(['1', '2']);
  });

  it('fails nobody but those whose record failed', async () => {
    const register = new SlowRegister();
    const recorder = new LoginRecorder(register.record);
    const first = recorder.record('1');
    const second = recorder.record('1');
    register.asked[0]?.fail(new Error('away'));
    await expect(first).rejects.toThrow('away');
    await settled();
    register.asked[1]?.answer(200);
    expect(await second).toBe(200);
    await settled();
    const third = recorder.record('1');
    expect(register.asked).toHaveLength(3);
    register.asked[2]?.answer(300);
    expect(await third).toBe(300);
  });
});
