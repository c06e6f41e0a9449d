import { describe, expect, it } from '@jest/globals';
import { Faults } from './faults.js';
import { flag, integer, optional, requiredText } from './option-kinds.js';
import { group, refuseUnknown, resolveTable } from './option-table.js';

const table = {
  name: requiredText('Choose one.'),
  isLoud: flag(false),
  limit: optional(integer(5, 1, 9)),
  inner: group({ count: integer(3, 1, 9), deeper: group({ leaseMs: integer(8, 1, 9) }) }),
};

function resolved(given: unknown) {
  const faults = new Faults();
  refuseUnknown(table, given, faults);
  return { options: resolveTable(table, given, faults), faults: faults.found };
}

describe('a table of options', () => {
  it('fills in the defaults of every level', () => {
    expect(resolved({ name: 'a', inner: { count: 4 } })).toEqual({
      options: { name: 'a', isLoud: false, limit: undefined, inner: { count: 4, deeper: { leaseMs: 8 } } },
      faults: [],
    });
  });

  it.each([undefined, null, {}])('treats %j as an empty group', (inner) => {
    expect(resolved({ name: 'a', inner }).options.inner).toEqual({ count: 3, deeper: { leaseMs: 8 } });
  });

  it('collects the faults of every level, each with its remedy', () => {
    expect(resolved({ isLoud: 'yes', limit: 10, inner: { count: 0, deeper: 7 } }).faults).toEqual([
      'name: got nothing, expected a non-empty string. Choose one.',
      'isLoud: got a string, expected true or false. Leave it out for the default, false.',
      'limit: got 10, expected an integer from 1 to 9. Leave it out for the default, 5.',
      'inner.count: got 0, expected an integer from 1 to 9. Leave it out for the default, 3.',
      'inner.deeper: got a number, expected an object with options. Known: leaseMs.',
    ]);
  });
});

describe('an unknown option', () => {
  const faultsOf = (given: unknown, prefix = '') => {
    const faults = new Faults();
    refuseUnknown(table, given, faults, prefix);
    return faults.found;
  };

  it('is reported with the most similar option', () => {
    expect(faultsOf({ nane: 'a', inner: { cont: 1 } })).toEqual([
      'nane: there is no such option. Did you mean name? Known: name, isLoud, limit, inner.',
      'inner.cont: there is no such option. Did you mean inner.count? Known: count, deeper.',
    ]);
  });

  it('is reported with the full name of the option at another level', () => {
    expect(faultsOf({ leaseMs: 1, inner: { limit: 1 } })).toEqual([
      'leaseMs: there is no such option. Did you mean inner.deeper.leaseMs? Known: name, isLoud, limit, inner.',
      'inner.limit: there is no such option. Did you mean limit? Known: count, deeper.',
    ]);
  });

  it('is reported without a suggestion when no option is similar', () => {
    expect(faultsOf({ proxy: 1 }, 'livePush.')).toEqual([
      'livePush.proxy: there is no such option. Known: name, isLoud, limit, inner.',
    ]);
  });

  it.each([undefined, null, 7, []])('is not found in %j', (given) => {
    expect(faultsOf(given)).toEqual([]);
  });

  it('is not reported if it is checked elsewhere, but may be suggested', () => {
    const faults = new Faults();
    refuseUnknown(table, { path: 'x', pth: 'x' }, faults, '', ['path']);
    expect(faults.found).toEqual([
      'pth: there is no such option. Did you mean path? Known: name, isLoud, limit, inner, path.',
    ]);
  });

  it('is reported in a group that a getter of a class returns', () => {
    class Settings {
      readonly name = 'a';
      get inner(): object {
        return { cont: 1 };
      }
    }
    expect(faultsOf(new Settings())).toEqual([
      expect.stringMatching(/^inner\.cont: there is no such option/),
    ]);
  });

  it.each(['constructor', 'toString'])('may have the name of a member of every object: %s', (name) => {
    expect(faultsOf({ [name]: 1 })).toHaveLength(1);
  });
});
