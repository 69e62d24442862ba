/** Every way a command can fail, with the code the process exits with. */
export const exitCodes = {
  usage: 2,
  file_unreadable: 3,
  file_wrong: 3,
  client_without_loopback: 3,
  credentials_wrong: 3,
  output_not_written: 3,
  port_in_use: 4,
  cancelled: 5,
  refused: 5,
  scope_missing: 5,
  no_refresh_token: 5,
  timed_out: 6,
  code_rejected: 7,
  client_rejected: 7,
  google_unreachable: 7,
  credentials_dead: 7,
  ads_refused: 8,
  incomplete: 8,
} as const

export type CliErrorCode = keyof typeof exitCodes

/** A failure of a command: the message files hold the sentence, `params` what it names. Never holds a secret. */
export class CliError extends Error {
  override readonly name = 'CliError'
  readonly code: CliErrorCode
  readonly params: Record<string, string>

  constructor(code: CliErrorCode, params: Record<string, string> = {}, cause?: unknown) {
    super(code, { cause })
    this.code = code
    this.params = params
  }
}
