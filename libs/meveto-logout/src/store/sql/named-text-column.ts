import { NUMERIC, PADDED } from './column-types.js';
import type { DatabaseKind } from './database-kind.js';
import type { FoundUser } from './found-user.js';
import type { OwnerColumn, TextColumn } from './host-columns.js';
import type { SqlEngine, SqlValue } from './sql.js';
import type { ColumnFacts } from './table-facts.js';
import { quotedName } from './table-names.js';

/** Types whose values have no text of their own, or several. */
const WITHOUT_TEXT =
  /binary|blob|bytea|^_|^bit|bool|json|xml|date|time|interval|float|double|real|point|geometry/;

/**
 * A column of ids, by its name. The database converts the ids to texts and back, so that the driver's own conversions do not matter:
 * drivers return large integers as numbers, bigints or strings.
 */
export class NamedTextColumn implements OwnerColumn {
  readonly name: string;
  selected: string;
  parameter = '?';
  isUnique = false;
  isLoose = false;
  #isPadded = false;

  constructor(
    private readonly kind: DatabaseKind,
    readonly label: string,
    readonly databaseName: string,
  ) {
    this.name = quotedName(kind, databaseName);
    this.selected = this.name;
  }

  toDatabase(text: string): SqlValue {
    return text;
  }

  textFrom(value: unknown): string {
    return this.#trimmed(String(value));
  }

  formsOf(value: unknown): readonly [string, ...string[]] {
    const [text, whole] = [this.textFrom(value), String(value)];
    return whole === text ? [text] : [text, whole];
  }

  isSame(value: unknown, text: string): boolean {
    return this.textFrom(value) === this.#trimmed(text);
  }

  isStoredAs(value: unknown, text: string): boolean {
    return this.isSame(value, text);
  }

  isFaithful(): boolean {
    return true;
  }

  ownedBy({ userId }: Pick<FoundUser, 'userId'>): SqlValue {
    return userId;
  }

  learn(_engine: SqlEngine, _path: string, facts: ColumnFacts): Promise<string | undefined> {
    this.#isPadded = PADDED.has(facts.type);
    Object.assign(this, conversionFor[this.kind](this.name, facts));
    return Promise.resolve(
      WITHOUT_TEXT.test(facts.type)
        ? `the column ${this.databaseName} for '${this.label}' has the type ${facts.type}, whose values have no distinct text. ` +
            'Ids are texts, integers or UUIDs.'
        : undefined,
    );
  }

  /** On a server a comparison with an id of another type fails. */
  learnOwner(facts: ColumnFacts, id: TextColumn, idFacts: ColumnFacts): string | undefined {
    const isSpecial = (type: string): boolean => NUMERIC.test(type) || type === 'uuid';
    const isComparable =
      this.kind === 'sqlite' || !isSpecial(facts.type) || kindOf(facts) === kindOf(idFacts);
    return isComparable
      ? undefined
      : `the column ${this.databaseName} for '${this.label}' has the type ${facts.type}, which cannot hold all ids of users: ` +
          `${id.databaseName} has the type ${idFacts.type}. Give both columns the same type.`;
  }

  #trimmed(text: string): string {
    return this.#isPadded ? text.replace(/ +$/, '') : text;
  }
}

const kindOf = ({ type }: ColumnFacts): string =>
  NUMERIC.test(type) ? 'number' : type === 'uuid' ? 'uuid' : 'text';

type Conversion = (name: string, facts: ColumnFacts) => { selected: string; parameter: string };

const conversionFor: Readonly<Record<DatabaseKind, Conversion>> = {
  postgres: (name, { type, valueType }) => ({
    // A cast would remove the padding of a char(n), which the application sees.
    selected: NUMERIC.test(type) ? `CAST(${name} AS text)` : name,
    // The parameter is a text for every driver; without a length, a cast keeps all of it.
    parameter: valueType === undefined ? '?' : `CAST(CAST(? AS text) AS ${valueType})`,
  }),
  mysql: (name, { type, declaredType }) => ({
    selected: kindOf({ type } as ColumnFacts) === 'text' ? name : `CAST(${name} AS CHAR)`,
    // Without the cast a large integer may be compared as a floating-point number.
    parameter: type.includes('int')
      ? `CAST(? AS ${declaredType.includes('unsigned') ? 'UNSIGNED' : 'SIGNED'})`
      : '?',
  }),
  // The type of the column converts the parameter.
  sqlite: (name) => ({ selected: `CAST(${name} AS TEXT)`, parameter: '?' }),
};
