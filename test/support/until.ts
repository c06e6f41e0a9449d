export { letTimePass, staysTrue, until } from '../../libs/meveto-logout/spec-support/until.js';
