/** Injection token of the {@link DemoConfig} that the process was started with. */
export const DEMO_CONFIG = Symbol('demo:config');
