/** The Meveto ID of the user with this number. */
export const mevetoIdOf = (user: number): string => `meveto-user-${String(user)}`;
