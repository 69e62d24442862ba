/**
 * SQLite held by another process, full or failing; PostgreSQL unreachable, shutting down, standing by, out of time or
 * refusing a transaction (https://www.postgresql.org/docs/current/errcodes-appendix.html).
 */
const codes =
  /^(SQLITE_(BUSY|LOCKED|FULL|IOERR|READONLY|CANTOPEN)|ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|EAI_AGAIN|57|08|53|40001|40P01|55P03|25P03|25006)/
/** The same, for errors of node-postgres without a code. */
const messages = /^(Connection terminated|timeout exceeded when trying to connect|Client (has encountered|was closed))/

/** Whether the database can't do this now but may later. The request itself is fine. */
export function isUnavailable(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown }
  return codes.test(String(code)) || messages.test(String(message))
}
