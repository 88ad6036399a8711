/** What bounds connections. Times are milliseconds. */
export interface Limits {
  /** How many connections there may be. For another one, that which has been idle longest has to go. */
  readonly connections: number;
  /** From the connection, or the answer before, until the head of a request must be there; and TLS be agreed on. */
  readonly headTime: number;
  /** How long a connection that has had an answer may wait for its next request. */
  readonly idleTime: number;
  /** How long an answer may take to be read, if it is none without an end. */
  readonly answerTime: number;
  /** How long the reader of an answer without an end may leave it unread. */
  readonly stallTime: number;
}

/** Limits for a server that one or two Prometheus and a few browsers read. */
export const usualLimits: Limits = {
  connections: 1024,
  headTime: 10_000,
  idleTime: 120_000,
  answerTime: 30_000,
  stallTime: 30_000,
};
