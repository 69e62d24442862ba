import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { AppError, isAppError } from '../errors.ts'
import { googleEndpoints } from '../google/endpoints.ts'
import { createHttp } from '../google/http.ts'
import { adwordsScope, codeChallenge, createGoogleOAuth, type Grant } from '../google/oauth.ts'
import { en } from '../messages/en.ts'
import { CliError } from './cli-error.ts'
import { readClientSecrets } from './client-secrets-file.ts'
import { listenForRedirect } from './loopback-redirect.ts'

export interface GenerateOptions {
  clientSecretsPath: string
  additionalScopes: string[]
  /** 0 takes any free port. */
  port: number
  timeoutSeconds: number
  /** Where to write the credentials as an authorized_user JSON file; null prints the refresh token. */
  output: string | null
  googleEmulatorHost: string | null
  /** One line for the person. */
  say: (line: string) => void
  openBrowser: (url: string) => void
}

/**
 * The desktop flow (RFC 8252; developers.google.com/identity/protocols/oauth2/native-app): what Google's sample
 * generate_user_credentials does, with state, PKCE, a time limit, the granted scope checked, and success told to the
 * browser only once there is a refresh token. Throws CliError.
 */
export async function generateUserCredentials(options: GenerateOptions): Promise<void> {
  const t = en.cli.generate
  const client = readClientSecrets(options.clientSecretsPath)
  const redirect = await listenForRedirect(client.fixedRedirectUri, options.port)
  try {
    const endpoints = googleEndpoints(options.googleEmulatorHost)
    const http = createHttp(endpoints.allowedOrigins)
    const now = () => new Date()
    const oauth = createGoogleOAuth({ client, redirectUri: redirect.redirectUri, http, endpoints, now })
    const [state, nonce, verifier] = [secret(), secret(), secret()]
    const url = oauth.authorizationUrl({
      scopes: [adwordsScope, ...options.additionalScopes],
      state,
      nonce,
      codeChallenge: codeChallenge(verifier),
      offline: true,
      loginHint: null,
    })
    options.say(t.whichAccount)
    options.say(t.pasteUrl)
    options.say(url)
    options.say(t.waiting(redirect.redirectUri, options.timeoutSeconds))
    options.openBrowser(url)

    const { result, answer } = await redirect.callback(state, options.timeoutSeconds * 1000)
    try {
      if ('error' in result) throw new CliError(result.error === 'access_denied' ? 'cancelled' : 'refused')
      const refreshToken = lasting(await exchange(() => oauth.exchangeCode(result.code, verifier)))
      deliver({ client, refreshToken }, options)
      answer({ status: 200, title: t.doneTitle, text: t.doneText })
    } catch (error) {
      const { code, params } = error instanceof CliError ? error : new CliError('google_unreachable')
      answer({ status: 400, title: t.failedTitle, text: en.cli.errors[code](params) })
      throw error
    }
  } finally {
    await redirect.close()
  }
}

async function exchange(work: () => Promise<Grant>): Promise<Grant> {
  try {
    return await work()
  } catch (cause) {
    if (isAppError(cause, 'oauth_code_rejected')) throw new CliError('code_rejected', {}, cause)
    if (isAppError(cause, 'oauth_client_rejected')) throw new CliError('client_rejected', {}, cause)
    if (cause instanceof AppError) throw new CliError('google_unreachable', {}, cause)
    throw cause
  }
}

function lasting({ scopes, refreshToken }: Grant): string {
  if (!scopes.has(adwordsScope)) throw new CliError('scope_missing')
  if (refreshToken === null) throw new CliError('no_refresh_token')
  return refreshToken
}

interface Credentials {
  client: { clientId: string; clientSecret: string }
  refreshToken: string
}

function deliver({ client, refreshToken }: Credentials, { output, say }: GenerateOptions): void {
  const t = en.cli.generate
  if (output === null) {
    say(t.refreshToken(refreshToken))
    say(t.whereItGoes)
    return
  }
  const file = {
    type: 'authorized_user',
    client_id: client.clientId,
    client_secret: client.clientSecret,
    refresh_token: refreshToken,
  }
  try {
    // `wx`: a file that is there keeps its content and its mode.
    writeFileSync(output, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
  } catch (cause) {
    throw new CliError(
      'output_not_written',
      { path: output, reason: (cause as NodeJS.ErrnoException).code ?? '' },
      cause,
    )
  }
  say(t.written(output))
}

function secret(): string {
  return randomBytes(32).toString('base64url')
}
