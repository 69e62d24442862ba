import { jsonReply, type Reply } from '../http/reply.ts'

/** The body Google's front end gives, without anything of the service itself (wire facts B.6, B.7). */
export function rpcError(code: number, status: string, message: string, details: readonly object[] = []): Reply {
  return jsonReply(
    code,
    { error: { code, message, status, ...(details.length > 0 && { details }) } },
    challengeFor(code),
  )
}

const HOW_TO =
  'Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.'
export const MISSING_CREDENTIAL = `Request is missing required authentication credential. ${HOW_TO}`
export const BAD_CREDENTIAL = `Request had invalid authentication credentials. ${HOW_TO}`

export function credentialError(presented: boolean): Reply {
  return rpcError(401, 'UNAUTHENTICATED', presented ? BAD_CREDENTIAL : MISSING_CREDENTIAL)
}

export function insufficientScopes(service: string, method: string): Reply {
  return rpcError(403, 'PERMISSION_DENIED', 'Request had insufficient authentication scopes.', [
    {
      '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
      reason: 'ACCESS_TOKEN_SCOPE_INSUFFICIENT',
      domain: 'googleapis.com',
      metadata: { service, method },
    },
  ])
}

export function serviceDisabled(title: string, service: string, projectNumber: string): Reply {
  const url = `https://console.developers.google.com/apis/api/${service}/overview?project=${projectNumber}`
  const message = `${title} has not been used in project ${projectNumber} before or it is disabled. Enable it by visiting ${url} then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry.`
  return rpcError(403, 'PERMISSION_DENIED', message, [
    {
      '@type': 'type.googleapis.com/google.rpc.Help',
      links: [{ description: 'Google developers console API activation', url }],
    },
    {
      '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
      reason: 'SERVICE_DISABLED',
      domain: 'googleapis.com',
      metadata: { service, consumer: `projects/${projectNumber}` },
    },
  ])
}

function challengeFor(code: number): Record<string, string> {
  return code === 401
    ? { 'www-authenticate': 'Bearer realm="https://accounts.google.com/", error="invalid_token"' }
    : {}
}
