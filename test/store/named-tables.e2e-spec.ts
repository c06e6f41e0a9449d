import { namedColumnsContract } from '../contracts/named-columns.contract.js';
import { namedFaultsContract } from '../contracts/named-faults.contract.js';
import { namedTablesContract } from '../contracts/named-tables.contract.js';
import { createTestDatabase } from '../support/database.js';

namedTablesContract(createTestDatabase);
namedColumnsContract(createTestDatabase);
namedFaultsContract(createTestDatabase);
