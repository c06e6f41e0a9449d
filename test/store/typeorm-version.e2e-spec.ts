import { expect, it } from '@jest/globals';
import * as typeOrm from 'typeorm';

it('runs on the version of TypeORM that TEST_TYPEORM selects', () => {
  // TypeORM 1 has removed `Connection`.
  expect('Connection' in typeOrm).toBe(process.env['TEST_TYPEORM'] === '0.3');
});
