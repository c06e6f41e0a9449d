/** Injection token of the {@link ResolvedSocketIoOptions}. */
export const SOCKET_IO_OPTIONS = Symbol('meveto-logout:socket-io-options');
