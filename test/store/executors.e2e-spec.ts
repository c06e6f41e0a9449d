import { describe, expect, it } from '@jest/globals';
import { executorContract } from '../contracts/executor.contract.js';
import { executorStartContract } from '../contracts/executor-start.contract.js';
import { faultyExecutorsContract } from '../contracts/faulty-executors.contract.js';
import { databaseKind } from '../support/database.js';
import { EXECUTORS, openDriver } from '../support/executors.js';

if (databaseKind === 'SQLite') {
  describe('the executors of database servers', () => {
    it('are tested with TEST_DATABASE_URL', () => {
      expect(EXECUTORS.length).toBeGreaterThan(0);
    });
  });
} else {
  for (const [library, open] of EXECUTORS) executorContract(library, open);
  executorStartContract(openDriver);
  faultyExecutorsContract(openDriver);
}
