const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/**
 * Makes `instanceof` of a class accept instances of the same class of the package's other build: a process may load both the
 * ES modules and CommonJS. Subclasses of an application keep the usual `instanceof`.
 * @param name name of the class, the same in both builds and in minified bundles
 */
export function brand(type: abstract new (...args: never[]) => object, name: string): void {
  const key = Symbol.for(`nestjs-meveto-logout:${name}`);
  const usual = Function.prototype[Symbol.hasInstance];
  Object.defineProperty(type.prototype, key, { value: true });
  Object.defineProperty(type, Symbol.hasInstance, {
    // Subclasses inherit this function.
    value(this: unknown, value: unknown): boolean {
      return this === type ? isObject(value) && key in value : usual.call(this as () => void, value);
    },
  });
}
