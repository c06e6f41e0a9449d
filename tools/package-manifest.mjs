/** The folder of the CommonJS build in the package. */
export const COMMONJS = 'cjs';

const inCommonJs = (path) => path.replace('./', `./${COMMONJS}/`);
const isModule = (target) => typeof target === 'object';

/**
 * Makes the manifest of the package from that of the sources, whose `exports` name the files of the ES modules. Each module
 * gets its file in CommonJS, too; `typesVersions` tells the module resolution `node10`, which does not read `exports`, the same.
 */
export function packageManifest({ exports, ...manifest }) {
  const modules = Object.entries(exports).filter(([, target]) => isModule(target));
  const ofRoot = exports['.'];
  const conditions = ({ types, default: file }) => ({
    import: { types, default: file },
    require: { types: inCommonJs(types), default: inCommonJs(file) },
  });
  return {
    ...manifest,
    main: inCommonJs(ofRoot.default),
    types: inCommonJs(ofRoot.types),
    exports: Object.fromEntries(
      Object.entries(exports).map(([path, target]) => [path, isModule(target) ? conditions(target) : target]),
    ),
    typesVersions: {
      '*': Object.fromEntries(
        modules
          .filter(([path]) => path !== '.')
          .map(([path, { types }]) => [path.slice('./'.length), [inCommonJs(types)]]),
      ),
    },
  };
}
