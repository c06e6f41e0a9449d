import { common } from './jest.config.mjs';
import { roomOfRun } from './tools/mutation-rooms.mjs';

// The tests that run against mutants.
export default { ...common, testMatch: roomOfRun().tests.map((pattern) => `<rootDir>/${pattern}`) };
