/** Injection tokens of values. */
export const WEBHOOK_PATH = Symbol.for('nestjs-meveto-logout:webhook-path');
/**
 * Instances of classes of other packages. With the classes as tokens, the application would get the module's instance
 * instead of its own, and a test that overrides its own provider would override the module's too.
 */
export const HTTP_SERVICE = Symbol.for('nestjs-meveto-logout:http-service');
export const SCHEDULER_REGISTRY = Symbol.for('nestjs-meveto-logout:scheduler-registry');
