import { describe, expect, it } from '@jest/globals';
import { brand } from './brand.js';

/** The classes of one build. */
function build() {
  class Base extends Error {
    static {
      brand(this, 'Base');
    }
  }
  class Derived extends Base {
    static {
      brand(this, 'Derived');
    }
  }
  class Other extends Base {
    static {
      brand(this, 'Other');
    }
  }
  return { Base, Derived, Other };
}

describe('instanceof of a class with a brand', () => {
  const one = build();
  const other = build();

  it('accepts instances of the other build, as its class and as the base', () => {
    expect(new other.Derived()).toBeInstanceOf(one.Derived);
    expect(new other.Derived()).toBeInstanceOf(one.Base);
    expect(new one.Derived()).toBeInstanceOf(one.Derived);
  });

  it('refuses instances of other classes, and what is no object', () => {
    expect(new other.Other()).not.toBeInstanceOf(one.Derived);
    expect(new other.Base()).not.toBeInstanceOf(one.Derived);
    expect(new Error()).not.toBeInstanceOf(one.Base);
    for (const value of [undefined, null, 'Base', 1, {}, () => undefined])
      expect(value instanceof one.Base).toBe(false);
  });

  it('is the usual one for subclasses of an application', () => {
    class Own extends one.Derived {}
    expect(new Own()).toBeInstanceOf(Own);
    expect(new Own()).toBeInstanceOf(other.Derived);
    expect(new one.Derived()).not.toBeInstanceOf(Own);
  });
});
