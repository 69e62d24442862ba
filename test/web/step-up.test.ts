import { expect, it, test } from 'vitest'
import type { Context } from '../../src/context.ts'
import { routeTable } from '../../src/web/routes.ts'

/** What asks for a passkey, by the step that the page names. */
const sensitive: Record<string, string> = {
  'GET /connections/:id/configuration/reveal': 'reveal',
  'POST /connections/:id/configuration/reveal': 'reveal',
  'POST /connections/:id/revoke': 'revoke',
  'DELETE /api/v1/connections/:id': 'revoke',
  'POST /connections/:id/transfer': 'transfer',
  'POST /connections/:id/share': 'share',
  'POST /service-accounts': 'service-account',
  'POST /links': 'link',
  'POST /keys/rotate': 'rotate-keys',
  'POST /keys/retire': 'retire-key',
  'POST /members/:memberId/promote': 'promote',
  'POST /members/:memberId/demote': 'demote',
  'POST /members/:memberId/suspend': 'suspend',
  'POST /members/:memberId/resume': 'resume',
  'POST /members/:memberId/leave': 'offboard',
  'POST /members/:memberId/reset-passkeys': 'reset-passkeys',
  'POST /self/api-keys': 'api-key',
  'POST /self/import-codes': 'import-code',
  'GET /self/passkeys/new': 'add-passkey',
  'POST /self/passkeys/challenge': 'add-passkey',
  'POST /self/passkeys': 'add-passkey',
  'POST /self/passkeys/:passkeyId/remove': 'remove-passkey',
  'POST /self/recovery-codes': 'recovery-codes',
}

/** What changes something and does not: it takes access away, can be taken back, or only looks. */
const harmless = [
  'POST /auth/sign-out',
  'POST /security-events',
  'POST /login-customer',
  'POST /find',
  'POST /links/:id/withdraw',
  'POST /audit/verify',
  'POST /connections/:id/check',
  'POST /connections/:id/pause',
  'POST /connections/:id/resume',
  'POST /connections/:id/unshare',
  'POST /connections/:id/revoke/retry',
  'POST /connections/:id/remove',
  'POST /connections/:id/refresh',
  'POST /connections/:id/accounts/:loginCustomerId/refresh',
  'POST /connections/:id/accounts/:loginCustomerId/retry',
  'POST /configuration/check',
  'POST /configuration/import',
  'POST /self/sessions/:sessionId/end',
  'POST /self/sessions/end-others',
  'POST /self/api-keys/:keyId/revoke',
  'POST /self/passkeys/:passkeyId/rename',
  'POST /confirm',
  'POST /confirm/challenge',
  'POST /members/:memberId/end-sessions',
  'POST /members/:memberId/revoke-api-keys',
  'POST /api/v1/connections/:id/pause',
  'POST /api/v1/connections/:id/resume',
  'POST /api/v1/connections/:id/check',
  'POST /api/v1/connections/:id/access-token',
  'POST /api/v1/connections',
  'POST /api/v1/configuration/check',
]

/** Asks only where secrets are to be filled in, in `revealedConfiguration`; test/web/passkeys.test.ts shows it. */
const asksItself = ['POST /api/v1/connections/:id/config/:format']

const table = routeTable(
  { config: { publicUrl: 'http://localhost' } } as unknown as Context,
  new AbortController().signal,
).map(route => ({ ...route, name: `${route.method.toUpperCase()} ${route.path}` }))

it('asks for a passkey at every sensitive route', () => {
  const asking = table.filter(({ stepUp }) => stepUp !== undefined).map(({ name, stepUp }) => [name, stepUp])
  expect(Object.fromEntries(asking)).toEqual(sensitive)
})

test('every route that changes something is either sensitive or named here as harmless', () => {
  const changing = table.filter(({ method }) => method !== 'get').map(({ name }) => name)
  const judged = [...Object.keys(sensitive).filter(name => !name.startsWith('GET')), ...harmless, ...asksItself]
  expect(changing.sort()).toEqual(judged.sort())
})
