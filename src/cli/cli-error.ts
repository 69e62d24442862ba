import { visible } from '../terminal.ts'

/** Every way a command can fail, with the code the process exits with. */
export const exitCodes = {
  usage: 2,
  file_unreadable: 3,
  file_wrong: 3,
  credentials_wrong: 3,
  client_without_loopback: 4,
  port_not_registered: 4,
  port_in_use: 5,
  registered_port_in_use: 5,
  output_not_written: 6,
  cancelled: 7,
  timed_out: 8,
  scope_missing: 9,
  refused: 10,
  no_refresh_token: 10,
  code_rejected: 10,
  client_rejected: 10,
  credentials_dead: 10,
  key_rejected: 10,
  google_unreachable: 11,
  ads_refused: 12,
  incomplete: 12,
  keyring_refused: 13,
  keyring_unreachable: 14,
  keyring_redirects: 14,
  keyring_unreadable: 14,
} as const

export type CliErrorCode = keyof typeof exitCodes

/**
 * A failure of a command. The message files hold the sentence; `params` are the values it names, each on one line.
 * Never holds a secret.
 */
export class CliError extends Error {
  override readonly name = 'CliError'
  readonly code: CliErrorCode
  readonly params: Record<string, string>

  constructor(code: CliErrorCode, params: Record<string, string> = {}, cause?: unknown) {
    super(code, { cause })
    this.code = code
    this.params = Object.fromEntries(Object.entries(params).map(([name, value]) => [name, visible(value)]))
  }
}
