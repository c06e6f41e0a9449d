/** Injection token of the {@link ClusterBus}; undefined when none is configured. */
export const CLUSTER_BUS = Symbol('demo:cluster-bus');
