import { AppError, isAppError } from '../errors.ts'
import { googleEndpoints } from '../google/endpoints.ts'
import { createHttp } from '../google/http.ts'
import { adwordsScope, codeChallenge, createGoogleOAuth, type Grant } from '../google/oauth.ts'
import { en } from '../messages/en.ts'
import { newSecret } from '../secret.ts'
import { CliError } from './cli-error.ts'
import { readClientSecrets } from './client-secrets-file.ts'
import type { Destination, Say } from './destination.ts'
import { listenForRedirect } from './loopback-redirect.ts'

export interface GenerateOptions {
  clientSecretsPath: string
  additionalScopes: string[]
  /** 0 takes any free port. */
  port: number
  timeoutSeconds: number
  destination: Destination
  googleEmulatorHost: string | null
  /** One line for the person. */
  tell: Say
  openBrowser: (url: string) => void
}

/**
 * The desktop flow (RFC 8252; developers.google.com/identity/protocols/oauth2/native-app): what Google's sample
 * generate_user_credentials does, with state, PKCE, a time limit, the granted scope checked, and success told to the
 * browser only once the credentials are where they belong. Throws CliError.
 */
export async function generateUserCredentials(options: GenerateOptions): Promise<void> {
  const { port, destination, tell } = options
  const t = en.cli.generate
  const client = readClientSecrets(options.clientSecretsPath, port)
  const redirect = await listenForRedirect(client.fixedRedirectUri, port)
  try {
    const endpoints = googleEndpoints(options.googleEmulatorHost)
    const http = createHttp(endpoints.allowedOrigins)
    const now = () => new Date()
    const oauth = createGoogleOAuth({ client, redirectUri: redirect.redirectUri, http, endpoints, now })
    const [state, nonce, verifier] = [newSecret(), newSecret(), newSecret()]
    const url = oauth.authorizationUrl({
      scopes: [...new Set([adwordsScope, ...destination.scopes, ...options.additionalScopes])],
      state,
      nonce,
      codeChallenge: codeChallenge(verifier),
      offline: true,
      loginHint: null,
    })
    tell(t.whichAccount)
    tell(t.pasteUrl)
    tell(url)
    tell(t.waiting(redirect.redirectUri, options.timeoutSeconds))
    options.openBrowser(url)

    const { result, answer } = await redirect.callback(state, options.timeoutSeconds * 1000)
    try {
      if ('error' in result) throw result.error === 'access_denied' ? new CliError('cancelled') : refusal(result.error)
      const refreshToken = lasting(await exchange(() => oauth.exchangeCode(result.code, verifier)))
      const { clientId, clientSecret } = client
      await destination.take({ clientId, clientSecret, refreshToken })
      answer({ status: 200, title: t.doneTitle, text: destination.doneText })
    } catch (error) {
      const text = error instanceof CliError ? en.cli.errors[error.code](error.params) : t.failedText
      answer({ status: 400, title: t.failedTitle, text })
      throw error
    }
  } finally {
    await redirect.close()
  }
}

function refusal(reason: string, cause?: unknown): CliError {
  return new CliError('refused', { reason: reason.slice(0, 600) }, cause)
}

async function exchange(work: () => Promise<Grant>): Promise<Grant> {
  try {
    return await work()
  } catch (cause) {
    if (isAppError(cause, 'oauth_code_rejected')) throw new CliError('code_rejected', {}, cause)
    if (isAppError(cause, 'oauth_client_rejected')) throw new CliError('client_rejected', {}, cause)
    if (isAppError(cause, 'oauth_refused')) throw refusal(cause.google?.code ?? '', cause)
    if (cause instanceof AppError) throw new CliError('google_unreachable', {}, cause)
    throw cause
  }
}

function lasting({ scopes, refreshToken }: Grant): string {
  if (!scopes.has(adwordsScope)) throw new CliError('scope_missing')
  if (refreshToken === null) throw new CliError('no_refresh_token')
  return refreshToken
}
