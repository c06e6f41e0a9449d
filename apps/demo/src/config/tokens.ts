/** Injection token of the {@link DemoConfig} of this process. */
export const DEMO_CONFIG = Symbol('demo:config');
