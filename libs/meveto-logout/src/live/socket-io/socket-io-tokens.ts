/** Injection token of the {@link ResolvedSocketIoOptions}. */
export const SOCKET_IO_OPTIONS = Symbol.for('nestjs-meveto-logout:socket-io-options');
