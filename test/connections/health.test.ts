import { describe, expect, it } from 'vitest'
import type { Connection, ReconnectReason } from '../../src/connections/connection.ts'
import { endsInTesting, type HealthFinding, healthFindings } from '../../src/connections/health.ts'
import type { GoogleDetail } from '../../src/errors.ts'
import { en } from '../../src/messages/en.ts'
import { connection as anyConnection } from '../web/present/fixtures.ts'

const day = 86_400_000
const now = new Date('2026-11-23T12:00:00Z')
const ago = (days: number) => new Date(now.getTime() - days * day).toISOString()
const ahead = (days: number) => ago(-days)

const healthy: Connection = {
  ...anyConnection(),
  kind: 'user',
  email: 'ann@agency.example',
  status: 'active',
  reason: null,
  scopes: ['https://www.googleapis.com/auth/adwords'],
  clientId: null,
  connectedAt: ago(40),
  statusSince: ago(40),
  lastRefreshedAt: ago(0.01),
  lastUsedAt: ago(1),
  expiresAt: null,
  checkedAt: ago(0.5),
  lastError: null,
}
const of = (change: Partial<Connection>, consents = 1) =>
  healthFindings({ connection: { ...healthy, ...change, consents }, now })
const brief = (findings: HealthFinding[]) => findings.map(({ cause, level, remedy }) => `${cause} ${level} ${remedy}`)
const said = (code: string | null, status: number | null, more: Partial<GoogleDetail> = {}): GoogleDetail => ({
  code,
  message: '',
  requestId: null,
  status,
  ...more,
})
const dead = (reason: ReconnectReason, change: Partial<Connection> = {}) =>
  ({ status: 'needs_reconnect', reason, statusSince: ago(0), ...change }) as const

describe('what is said of a connection', () => {
  it.each<[string, Partial<Connection>, string[]]>([
    ['works', {}, ['works good nothing']],
    ['died', dead('expired_or_revoked'), ['expired_or_revoked dead reconnect']],
    ['was rejected', dead('rejected'), ['rejected dead reconnect']],
    ['ended in Testing', dead('testing_expired'), ['testing_expired dead reconnect']],
    ['ended at its limit', dead('time_limit_reached'), ['time_limit_reached dead reconnect']],
    ['met invalid_rapt', dead('session_control'), ['session_control dead reconnect']],
    ['met a policy', dead('admin_policy'), ['admin_policy dead tell_workspace_admin']],
    ['lost its Google account', dead('google_account_deleted'), ['google_account_deleted dead connect_another']],
    ['has a disabled account', dead('google_account_disabled'), ['google_account_disabled dead nothing']],
    ['was withdrawn', dead('withdrawn_at_google'), ['withdrawn_at_google dead reconnect']],
    ['lost its key', dead('key_deleted', { kind: 'service_account' }), ['key_deleted dead new_key']],
    ['lost Ads access', { lastError: said('NOT_ADS_USER', 401) }, ['ads_access_withdrawn refused tell_ads_admin']],
    [
      'lists nothing',
      { lastError: said(null, 200, { message: '{}' }) },
      ['ads_access_withdrawn refused tell_ads_admin'],
    ],
    [
      'lacks a second factor',
      { lastError: said('TWO_STEP_VERIFICATION_NOT_ENROLLED', 401) },
      ['second_factor refused check'],
    ],
    [
      'lacks Advanced Protection',
      { lastError: said('ADVANCED_PROTECTION_NOT_ENROLLED', 401) },
      ['second_factor refused check'],
    ],
    [
      'meets an unapproved project',
      { lastError: said('CLOUD_PROJECT_NOT_APPROVED_FOR_PRODUCTION', 403) },
      ['project_not_approved refused setup'],
    ],
    [
      'meets a project without the API',
      { lastError: said('SERVICE_DISABLED', 403) },
      ['api_not_enabled refused setup'],
    ],
    [
      'lacks the scope',
      { lastError: said('ACCESS_TOKEN_SCOPE_INSUFFICIENT', 403) },
      ['scope_missing refused reconnect'],
    ],
    [
      'is gone for Ads',
      { lastError: said('GOOGLE_ACCOUNT_DELETED', 401) },
      ['ads_account_deleted refused connect_another'],
    ],
    ['meets a retired version', { lastError: said('UNSUPPORTED_VERSION', 400) }, ['version_retired refused setup']],
    ['meets a disabled project', { lastError: said('PROJECT_DISABLED', 403) }, ['ads_refused refused setup']],
    ['is refused otherwise', { lastError: said('SOMETHING_NEW', 403) }, ['ads_refused refused check']],
    ['met our wrong secret', { lastError: said('invalid_client', 401) }, ['client_rejected notice setup']],
    ['met our changed client', { lastError: said('unauthorized_client', 401) }, ['client_rejected notice setup']],
    [
      'came with a client whose secret was changed',
      { lastError: said('invalid_client', 401), clientId: '1-a.apps.googleusercontent.com' },
      ['foreign_client_rejected notice reconnect'],
    ],
    ['met a spent quota', { lastError: said('RESOURCE_EXHAUSTED', 429) }, ['quota_spent notice nothing']],
    ['met a broken Google', { lastError: said(null, 503) }, ['no_answer notice nothing']],
    ['met a busy Google', { lastError: said('temporarily_unavailable', 503) }, ['no_answer notice nothing']],
    ['was one too many', { lastError: said('rate_limit_exceeded', 429) }, ['no_answer notice nothing']],
    ['met an unreadable answer', { lastError: said(null, 200, { message: 'Hm.' }) }, ['no_answer notice nothing']],
    ['met nobody', { lastError: said(null, null) }, ['no_answer notice nothing']],
    ['is paused', { status: 'paused' }, ['paused notice nothing']],
    ['is revoked', { status: 'revoked', revokedAt: ago(1) }, ['revoked notice nothing']],
    ['is being revoked', { status: 'revoked', revokedAt: null }, ['revocation_pending notice nothing']],
    [
      'ends in Testing',
      { connectedAt: ago(1), expiresAt: ahead(6) },
      ['testing_ends warning setup', 'works good nothing'],
    ],
    [
      'ends in a month',
      { connectedAt: ago(1), expiresAt: ahead(30) },
      ['time_limit_ends notice reconnect', 'works good nothing'],
    ],
    [
      'ends tomorrow',
      { connectedAt: ago(29), expiresAt: ahead(1) },
      ['time_limit_ends warning reconnect', 'works good nothing'],
    ],
    [
      'was not used for five months',
      { connectedAt: ago(400), lastRefreshedAt: ago(151) },
      ['unused warning check', 'works good nothing'],
    ],
    ['was used within five months', { connectedAt: ago(400), lastRefreshedAt: ago(149) }, ['works good nothing']],
    [
      'is paused for five months',
      { status: 'paused', connectedAt: ago(400), lastRefreshedAt: ago(160) },
      ['unused warning nothing', 'paused notice nothing'],
    ],
    [
      'is a key nobody used for a year: keys do not end by that',
      { kind: 'service_account', connectedAt: ago(400), lastRefreshedAt: ago(370) },
      ['works good nothing'],
    ],
    [
      'is refused and ends soon: the worse first',
      { connectedAt: ago(6), expiresAt: ahead(1), lastError: said('NOT_ADS_USER', 401) },
      ['ads_access_withdrawn refused tell_ads_admin', 'testing_ends warning setup'],
    ],
  ])('that %s', (_name, change, expected) => {
    expect(brief(of(change))).toEqual(expected)
  })

  it('has words of its own for each', () => {
    const words = { email: 'ann@agency.example', owner: 'bob@agency.example', at: 'Tue' }
    const sentences = Object.values(en.health.causes).map(({ text }) => text(words))
    expect(new Set(sentences).size).toBe(sentences.length)
  })
})

describe('guesses, where Google gives no reason', () => {
  const guessesOf = (change: Partial<Connection>, consents = 1, reason: ReconnectReason = 'expired_or_revoked') =>
    of(dead(reason, change), consents)[0]?.guesses.map(({ cause, likelihood }) => `${likelihood} ${cause}`)

  it.each<[string, Partial<Connection>, number, string[]]>([
    [
      'a removal comes first when nothing else fits',
      {},
      1,
      ['likely access_removed', 'possible workspace_policy', 'unlikely token_limit'],
    ],
    [
      'a private address has no Workspace',
      { email: 'ann@gmail.com' },
      1,
      ['likely access_removed', 'unlikely token_limit'],
    ],
    [
      'seven days after consent is the mark of Testing',
      { connectedAt: ago(7.5), lastRefreshedAt: ago(0.6) },
      1,
      ['likely testing', 'possible workspace_policy', 'possible access_removed', 'unlikely token_limit'],
    ],
    [
      'a success after the seventh day rules Testing out',
      { connectedAt: ago(8), lastRefreshedAt: ago(0.1) },
      1,
      ['likely access_removed', 'possible workspace_policy', 'unlikely token_limit'],
    ],
    [
      'a death on the third day rules Testing out',
      { connectedAt: ago(3), lastRefreshedAt: ago(0.1) },
      1,
      ['likely access_removed', 'possible workspace_policy', 'unlikely token_limit'],
    ],
    [
      'found dead long after the seventh day it may have been Testing',
      { connectedAt: ago(60), lastRefreshedAt: ago(55) },
      1,
      ['likely access_removed', 'possible testing', 'possible workspace_policy', 'unlikely token_limit'],
    ],
    [
      'an end that Google named and that lies ahead rules Testing out',
      { connectedAt: ago(7.5), lastRefreshedAt: ago(0.6), expiresAt: ahead(20) },
      1,
      ['likely access_removed', 'possible workspace_policy', 'unlikely token_limit'],
    ],
    [
      'six months of silence',
      { connectedAt: ago(500), lastRefreshedAt: ago(190) },
      1,
      ['likely unused', 'possible workspace_policy', 'possible access_removed', 'unlikely token_limit'],
    ],
    [
      'a hundred consents here',
      {},
      120,
      ['likely token_limit', 'possible workspace_policy', 'possible access_removed'],
    ],
    [
      'a consent that covers Gmail dies with the password',
      { scopes: ['https://www.googleapis.com/auth/adwords', 'https://mail.google.com/'] },
      1,
      ['likely access_removed', 'possible password_changed', 'possible workspace_policy', 'unlikely token_limit'],
    ],
  ])('%s', (_name, change, consents, expected) => {
    expect(guessesOf(change, consents)).toEqual(expected)
  })

  it('a token Google does not know at all was issued to another client, unless it names its own', () => {
    expect(guessesOf({}, 1, 'rejected')?.[0]).toBe('likely client_changed')
    expect(guessesOf({ clientId: 'x.apps.googleusercontent.com' }, 1, 'rejected')).not.toContain(
      'likely client_changed',
    )
  })

  it('are not made where Google said why', () => {
    expect(guessesOf({}, 1, 'session_control')).toEqual([])
  })
})

describe('Testing', () => {
  it.each([
    [7, true],
    [6.99, true],
    [6.9, false],
    [30, false],
  ])('is known by a life of seven days (%s: %s)', (days, expected) => {
    expect(endsInTesting({ connectedAt: ago(0), expiresAt: ahead(days) })).toBe(expected)
  })
})
