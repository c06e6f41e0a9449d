import { readFileSync } from 'node:fs';
import ts from 'typescript';
import type { Option, OptionTable } from '../../libs/meveto-logout/src/core/option-table.js';

/** An interface of options and the table that reads them. */
export interface Slice {
  readonly title: string;
  /** Path of the source file, from the root of the repository. */
  readonly file: string;
  readonly interface: string;
  readonly table: OptionTable;
  /** Text before each name. */
  readonly prefix?: string;
}

/** One option with the facts of its docstring and its table. */
export interface DocumentedOption {
  /** The name of the option after the names of its groups. */
  readonly name: string;
  readonly option: Option<unknown>;
  readonly text: string;
  readonly defaultValue: string | undefined;
  readonly see: string | undefined;
  readonly isOptional: boolean;
}

export interface DocumentedGroup {
  readonly text: string;
  readonly options: readonly DocumentedOption[];
  /** Nested groups, by name. */
  readonly groups: ReadonlyMap<string, DocumentedGroup>;
}

/** Reads the docstrings of a slice. Fails if table and interface have different names. */
export function documented(slice: Slice): DocumentedGroup {
  const source = ts.createSourceFile(
    slice.file,
    readFileSync(slice.file, 'utf8'),
    ts.ScriptTarget.Latest,
    true,
  );
  const interfaces = new Map(
    source.statements.filter(ts.isInterfaceDeclaration).map((each) => [each.name.text, each]),
  );
  return groupOf(slice.interface, slice.table, slice.prefix ?? '', interfaces);
}

function groupOf(
  interfaceName: string,
  table: OptionTable,
  prefix: string,
  interfaces: ReadonlyMap<string, ts.InterfaceDeclaration>,
): DocumentedGroup {
  const declaration = interfaces.get(interfaceName);
  if (declaration === undefined) throw new Error(`no interface ${interfaceName}`);
  const members = declaration.members.filter(ts.isPropertySignature);
  const names = members.map((member) => member.name.getText());
  if (names.toSorted().join() !== Object.keys(table).toSorted().join())
    throw new Error(`${interfaceName} has ${names.join()}, its table ${Object.keys(table).join()}`);
  const options: DocumentedOption[] = [];
  const groups = new Map<string, DocumentedGroup>();
  for (const member of members) {
    const name = member.name.getText();
    const option = table[name];
    if (option === undefined) continue;
    const type = member.type?.getText() ?? '';
    if (option.table !== undefined && interfaces.has(type))
      groups.set(prefix + name, groupOf(type, option.table, `${prefix}${name}.`, interfaces));
    else options.push(documentedOption(prefix + name, option, member));
  }
  return { text: docOf(declaration).text, options, groups };
}

const documentedOption = (
  name: string,
  option: Option<unknown>,
  member: ts.PropertySignature,
): DocumentedOption => ({
  name,
  option,
  ...docOf(member),
  isOptional: member.questionToken !== undefined,
});

function docOf(node: ts.Node): Pick<DocumentedOption, 'text' | 'defaultValue' | 'see'> {
  const doc = ts.getJSDocCommentsAndTags(node).find(ts.isJSDoc);
  const lines = (doc?.getText() ?? '')
    .replace(/^\/\*\*|\*\/$/g, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trim());
  const [text = '', ...tags] = lines.join('\n').split(/^@/m);
  const tag = (name: string) =>
    tags
      .find((each) => each.startsWith(`${name} `))
      ?.slice(name.length + 1)
      .replaceAll(/\s+/g, ' ')
      .trim();
  return { text: text.trim(), defaultValue: tag('defaultValue'), see: tag('see') };
}

/** The differences between the docstring and the table of an option, one line each. */
export const disagreementsOf = (option: DocumentedOption): string[] =>
  [wrongText, wrongDefault, wrongOptionality, wrongBounds, wrongName]
    .map((check) => check(option))
    .filter((wrong) => wrong !== undefined)
    .map((wrong) => `${option.name}: ${wrong}`);

const wrongText = ({ text }: DocumentedOption) => (text === '' ? 'has no docstring' : undefined);

function wrongDefault({ option, defaultValue }: DocumentedOption): string | undefined {
  const byDefault = defaultOf(option);
  if (byDefault === 'required')
    return defaultValue === undefined ? undefined : 'is required, but has a default in its docstring';
  const isSame = [`${byDefault}\n`, `${byDefault} (`, `${byDefault}, `].some((start) =>
    `${String(defaultValue)}\n`.startsWith(start),
  );
  return isSame ? undefined : `the default is ${byDefault}, but its docstring has ${String(defaultValue)}`;
}

const wrongOptionality = ({ option, isOptional }: DocumentedOption) =>
  option.byDefault === 'required' || isOptional ? undefined : 'has a default, but its type requires it';

function wrongBounds({ option: { range }, text }: DocumentedOption): string | undefined {
  const said = boundsIn(text);
  return range?.min === said?.min && range?.max === said?.max
    ? undefined
    : `the bounds are ${JSON.stringify(range)}, but its docstring has ${JSON.stringify(said)}`;
}

const wrongName = ({ name, option }: DocumentedOption) =>
  name.endsWith('Ms') === (option.unit === 'milliseconds')
    ? undefined
    : 'the name of a duration, and only of a duration, ends in Ms';

function defaultOf({ table, byDefault }: Option<unknown>): string {
  if (table === undefined) return byDefault;
  return `{ ${Object.entries(table)
    .map(([name, inner]) => `${name}: ${inner.byDefault}`)
    .join(', ')} }`;
}

const BOUNDS = /Integer,\s+(\d[\d ]*\d|\d)(\s\([^)]*\))?\s+to\s+(\d[\d ]*\d|\d)(\s\([^)]*\))?/;

function boundsIn(text: string): { min: number; max: number; said: string } | undefined {
  const found = BOUNDS.exec(text.replaceAll('\n', ' '));
  if (found === null) return undefined;
  const [said, min = '', , max = ''] = found;
  return { min: Number(min.replaceAll(' ', '')), max: Number(max.replaceAll(' ', '')), said };
}

/** A page of all slices. */
export const pageOf = (intro: string, slices: readonly Slice[]): string =>
  [intro.trim(), ...slices.map((slice) => sectionOf(`## ${slice.title}`, documented(slice)))].join('\n\n') +
  '\n';

function sectionOf(heading: string, { text, options, groups }: DocumentedGroup): string {
  return [
    heading,
    ...(text === '' ? [] : [linesOf(text)]),
    ...(options.length === 0 ? [] : [options.map(itemOf).join('\n')]),
    ...[...groups].map(([name, group]) => sectionOf(`### ${name}`, group)),
  ].join('\n\n');
}

function itemOf({ name, option, text, defaultValue, see }: DocumentedOption): string {
  const unit = option.unit === undefined ? [] : [option.unit];
  const bounds = boundsIn(text)?.said.replace(/^Integer,\s+/, '');
  const facts = [
    option.table === undefined ? option.shape : 'names',
    ...unit,
    ...(bounds === undefined ? [] : [bounds]),
  ];
  const byDefault =
    option.byDefault === 'required' ? 'required' : `default: ${defaultValue ?? option.byDefault}`;
  const more = see === undefined ? '' : ` See [${see}](${see.replace(/^docs\//, '')}).`;
  const head = wrapped(`- **\`${name}\`** (${facts.join(', ')}; ${byDefault})`);
  return `${head}\n  ${wrapped(linesOf(withoutBounds(text) + more))}`;
}

/** Leaves out bounds that form a sentence: the facts already contain them. */
const withoutBounds = (text: string): string =>
  text.replaceAll('\n', ' ').replace(new RegExp(`\\s*${BOUNDS.source}\\.`), '');

const linesOf = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();

/** Wraps the text of a list item in lines of 118 characters. Never breaks a text in backticks. */
function wrapped(text: string): string {
  const lines = [''];
  for (const word of text.match(/(`[^`]*`|[^\s`])+/g) ?? []) {
    const last = lines.at(-1) ?? '';
    if (last !== '' && last.length + word.length >= 118) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines.join('\n  ');
}
