import { common } from './jest.config.mjs';
import { roomOfRun } from './tools/mutation-rooms.mjs';

// What mutants are tried with.
export default { ...common, testMatch: roomOfRun().tests.map((pattern) => `<rootDir>/${pattern}`) };
