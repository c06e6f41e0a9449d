import { storeConfigurationContract } from '../contracts/configuration.contract.js';
import { hostTablesContract } from '../contracts/host-tables.contract.js';
import { hostInstantsContract } from '../contracts/host-instants.contract.js';
import { hostKeysContract } from '../contracts/host-keys.contract.js';
import { hostValuesContract } from '../contracts/host-values.contract.js';
import { lateLinkContract } from '../contracts/late-link.contract.js';
import { mappingContract } from '../contracts/mapping.contract.js';
import { severalUsersContract } from '../contracts/several-users.contract.js';
import { sharedNamingKeyContract } from '../contracts/shared-naming-key.contract.js';
import { openTypeOrmStore } from '../contracts/typeorm-opened-store.js';
import { createTestDatabase, databaseKind } from '../support/database.js';

const openDatabase = async () => openTypeOrmStore(await createTestDatabase());

lateLinkContract(databaseKind, openDatabase);
mappingContract(createTestDatabase);
hostTablesContract(createTestDatabase);
hostInstantsContract(createTestDatabase);
hostKeysContract(createTestDatabase);
hostValuesContract(createTestDatabase);
severalUsersContract(createTestDatabase);
storeConfigurationContract(databaseKind, createTestDatabase);
sharedNamingKeyContract(databaseKind, createTestDatabase);
