/** The outcome of a check. A fault needs a change; a warning may be intended. */
export interface Finding {
  readonly level: 'ok' | 'warning' | 'fault';
  readonly subject: string;
  /** What was found and what to do. Contains no secret. */
  readonly text: string;
}

export const ok = (subject: string, text: string): Finding => ({ level: 'ok', subject, text });
export const warning = (subject: string, text: string): Finding => ({ level: 'warning', subject, text });
export const fault = (subject: string, text: string): Finding => ({ level: 'fault', subject, text });
