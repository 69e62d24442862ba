import { auditActions } from '../../../src/audit/actions.ts'
import type { AuditEntry } from '../../../src/audit/audit.ts'
import type { Link } from '../../../src/connections/links.ts'
import { AppError } from '../../../src/errors.ts'
import type { ApiKey } from '../../../src/members/api-keys.ts'
import type { RosterEntry } from '../../../src/members/roster.ts'
import { en } from '../../../src/messages/en.ts'
import type { KeyState } from '../../../src/vault/rotation.ts'
import { presentAccount } from '../../../src/web/present/account.ts'
import { presentAccounts } from '../../../src/web/present/accounts.ts'
import { AUDIT_ROWS, presentAudit, presentHistory } from '../../../src/web/present/audit.ts'
import { presentConnection, presentConnections } from '../../../src/web/present/connections.ts'
import { presentError } from '../../../src/web/present/finding.ts'
import { presentHierarchy } from '../../../src/web/present/hierarchy.ts'
import { readHierarchyQuery } from '../../../src/web/present/hierarchy-query.ts'
import { presentHome } from '../../../src/web/present/home.ts'
import { presentKeys, presentVerification } from '../../../src/web/present/keys.ts'
import { type LeaveInput, presentLeave } from '../../../src/web/present/leave.ts'
import { presentRevoke } from '../../../src/web/present/lifecycle.ts'
import { presentLink, presentLinkMade, presentLinks } from '../../../src/web/present/links.ts'
import { presentMember, presentMembers } from '../../../src/web/present/members.ts'
import { presentConfirm, presentNewPasskey, presentRecoveryCodes } from '../../../src/web/present/passkeys.ts'
import { presentSelf } from '../../../src/web/present/self.ts'
import { presentSetup } from '../../../src/web/present/setup.ts'
import {
  agency,
  connection,
  direct,
  directAccounts,
  drawn,
  frame,
  hierarchy,
  large,
  member,
  node,
  now,
  report,
  uglyNames,
} from './fixtures.ts'

const base = { t: en, now }
const loginCustomer = { connectionId: 'c1', customerId: '1000000001' }
const fetchedAt = '2026-11-23T11:48:00Z'
const keyState = (kid: string, state: KeyState['state'], change: Partial<KeyState> = {}): KeyState => ({
  kid,
  state,
  given: state === 'seals' || state === 'opens',
  since: '2026-03-01T08:00:00Z',
  retiredAt: null,
  counts: new Map(),
  total: 0,
  ...change,
})
const signedOut = { member: null, loginCustomer: null, switcher: [] }
const second = connection({ id: 'c2', email: 'reporting-team@a-client-with-a-rather-long-domain-name.example' })

const managed = {
  ...base,
  member,
  retentionDays: 30,
  owners: [member, { id: 'm2', email: 'bob@agency.example', name: null }],
}
const revoked = connection({
  status: 'revoked',
  statusSince: '2026-11-22T10:00:00Z',
  revokedAt: '2026-11-22T10:00:01Z',
})
const pending = connection({
  status: 'revoked',
  statusSince: '2026-11-23T11:50:00Z',
  revocationNextAt: '2026-11-23T12:03:00Z',
  lastError: { code: 'google_unreachable', message: '', requestId: null, status: null },
})
const leaver = { id: 'm3', email: 'leaver@agency.example', status: 'active' as const }
const preview = {
  known: 3,
  lost: [],
  unsure: [
    node('2000000001', [], { descriptiveName: uglyNames[0] ?? '' }),
    node('2000000002', [], { descriptiveName: null }),
  ],
  complete: true,
  oldReadAt: '2026-11-20T11:48:00Z',
  newReadAt: fetchedAt,
}

function leave(change: Partial<LeaveInput>) {
  return presentLeave({
    ...base,
    member,
    leaver,
    connections: [connection({ id: 'c4', email: second.email }), connection({ id: 'c5', status: 'paused' })],
    owners: managed.owners,
    replacements: [second, connection({ id: 'c6', owner: { id: 'm2', email: 'bob@agency.example' } })],
    plans: null,
    choosing: false,
    suspend: false,
    ...change,
  })
}

export interface PageState {
  view: string
  locals: object
}

function page(view: string, locals: object, frameChange: Parameters<typeof frame>[0] = {}): PageState {
  return { view, locals: { ...frame(frameChange), ...locals } }
}

function person(change: Partial<RosterEntry>): RosterEntry {
  return {
    ...member,
    id: 'm2',
    name: uglyNames[0] ?? '',
    admittedBy: 'domain:agency.example',
    admitted: true,
    adminBySetting: false,
    createdAt: fetchedAt,
    lastSeenAt: fetchedAt,
    ...change,
  }
}

function apiKey(change: Partial<ApiKey> = {}): ApiKey {
  return {
    id: 'k1',
    memberId: member.id,
    name: uglyNames[0] ?? '',
    scopes: ['read', 'reveal'],
    createdAt: fetchedAt,
    expiresAt: '2027-02-21T11:48:00Z',
    lastUsedAt: null,
    revokedAt: null,
    ...change,
  }
}

function self(change: Partial<Parameters<typeof presentSelf>[0]>) {
  const session = { id: 's1', userAgent: uglyNames[0] ?? '', createdAt: fetchedAt, lastSeenAt: fetchedAt }
  return presentSelf({
    ...base,
    member,
    sessions: [session, { ...session, id: 's2', userAgent: null }],
    currentSessionId: 's1',
    keys: [apiKey(), apiKey({ revokedAt: fetchedAt }), apiKey({ expiresAt: fetchedAt, lastUsedAt: fetchedAt })],
    passkeys: [],
    codesLeft: 0,
    passkeyRequired: false,
    signedInRecently: false,
    newKeyId: 'AAAAAAAAAAAA',
    fresh: null,
    ...change,
  })
}

function accounts(connections: Parameters<typeof presentAccounts>[0]['connections'], q = '') {
  return presentAccounts({ ...base, member, connections, loginCustomer, q })
}

function tree(change: Partial<Parameters<typeof presentHierarchy>[0]>, query: Record<string, string> = {}) {
  return presentHierarchy({
    drawing: drawn(change.hierarchy ?? agency, readHierarchyQuery(query)),
    ...base,
    connection: connection(),
    hierarchy: agency,
    query: readHierarchyQuery(query),
    accessRole: 'ADMIN',
    loginCustomer,
    ...change,
  })
}

function one(customerId: string, change: object = {}) {
  return presentAccount({
    ...base,
    connection: connection(),
    hierarchy: agency,
    customerId,
    accessRole: 'STANDARD',
    direct: false,
    loginCustomer,
    report: null,
    ...change,
  })
}

function setup(change: object = {}) {
  return presentSetup({
    t: en,
    redirectUri: 'http://localhost:3000/oauth2callback',
    publicUrl: 'http://localhost:3000',
    clientId: '123456789012-abcdefghijklmnopqrstuvwxyz012345.apps.googleusercontent.com',
    clientSource: 'file',
    redirectUriRegistered: true,
    apiVersion: 'v25',
    developerTokenSet: false,
    engine: 'sqlite',
    googleStandIn: '127.0.0.1:3001',
    details: true,
    signIn: { admins: 1, domains: ['agency.example'], emails: 0 },
    problems: [],
    ...change,
  })
}

const denied = new AppError('ads_permission_denied', {
  google: { code: 'USER_PERMISSION_DENIED', message: 'User doesn’t have permission.', requestId: 'aB3x', status: 403 },
})

/** Every page in every state worth looking at. */
/** Every action once, refused now and then, by all kinds of actors. */
const auditEntries: AuditEntry[] = Array.from({ length: AUDIT_ROWS + 1 }, (_, index) => ({
  seq: 1_000_000 - index,
  at: fetchedAt,
  actor: {
    kind: (['member', 'guest', 'system', 'google'] as const)[index % 4] ?? 'member',
    id: null,
    name: index % 4 === 0 ? 'ann@agency.example' : null,
    via: (['browser', 'api_key', 'link', 'sweep', 'security_event', 'command'] as const)[index % 6] ?? 'browser',
    viaId: 'v1',
    requestId: index % 4 === 2 ? null : '71c7f7e0-4a49-480a-9d15-317c9da4544d',
  },
  viaName: index % 5 === 0 ? null : (uglyNames[0] ?? null),
  action: auditActions[index % auditActions.length] ?? 'audit.read',
  target:
    index % 7 === 6
      ? null
      : {
          kind: index % 3 === 0 ? 'member' : 'connection',
          id: `t${index % 2}`,
          name: uglyNames[index % uglyNames.length] ?? '',
        },
  outcome: index % 9 === 8 ? 'refused' : 'done',
  changes: { role: ['member', null], until: fetchedAt, constructor: '<script>alert(1)</script>' },
  hash: 'h',
}))

function link(change: Partial<Link> = {}): Link {
  return {
    id: 'l1',
    purpose: 'reconnect',
    connectionId: 'c2',
    createdBy: 'm1',
    email: second.email,
    createdAt: fetchedAt,
    expiresAt: '2026-11-24T11:48:00Z',
    usedAt: null,
    revokedAt: null,
    ...change,
  }
}

export const pages: Record<string, () => PageState> = {
  home: () => page('home', presentHome({ t: en, clientId: '1234-abc.apps.googleusercontent.com' }), signedOut),
  'accounts full': () =>
    page(
      'accounts',
      accounts([
        { connection: connection(), direct: { accounts: directAccounts, fetchedAt }, error: null },
        {
          connection: second,
          direct: { accounts: [direct('9000000001')], fetchedAt: '2026-11-19T08:00:00Z' },
          error: null,
        },
      ]),
      { flash: { kind: 'success', text: en.flashes.connected('ann.kowalska@agency.example') } },
    ),
  'accounts fifty': () =>
    page(
      'accounts',
      accounts([
        {
          connection: connection(),
          direct: { accounts: Array.from({ length: 50 }, (_, i) => direct(`80000000${10 + i}`)), fetchedAt },
          error: null,
        },
      ]),
    ),
  'accounts broken': () =>
    page(
      'accounts',
      accounts([
        {
          connection: connection({ status: 'needs_reconnect', reason: 'testing_expired' }),
          direct: { accounts: directAccounts.slice(0, 3), fetchedAt: '2026-11-16T11:48:00Z' },
          error: null,
        },
        { connection: second, direct: null, error: denied },
        {
          connection: connection({ id: 'c3', email: 'bob@agency.example', status: 'paused' }),
          direct: { accounts: [], fetchedAt },
          error: null,
        },
        {
          connection: connection({ id: 'c4', email: 'cy@agency.example' }),
          direct: { accounts: [], fetchedAt },
          error: null,
        },
      ]),
    ),
  'accounts empty': () => page('accounts', accounts([]), { loginCustomer: null, switcher: [] }),
  'accounts filtered': () =>
    page(
      'accounts',
      accounts([{ connection: connection(), direct: { accounts: directAccounts, fetchedAt }, error: null }], 'zzz'),
    ),
  'hierarchy full': () => page('hierarchy', tree({}), { path: '/connections/c1/accounts/1000000001' }),
  'hierarchy search': () => page('hierarchy', tree({}, { q: '200-000-0006' })),
  'hierarchy no match': () => page('hierarchy', tree({}, { q: 'zzz' })),
  'hierarchy loading': () =>
    page(
      'hierarchy',
      tree({
        hierarchy: hierarchy(agency.accounts.slice(0, 5), {
          complete: false,
          loading: true,
          progress: { accounts: 412, managers: 37, managersDone: 9, failed: 1 },
        }),
      }),
    ),
  'hierarchy other root': () => page('hierarchy', tree({ loginCustomer: null, error: denied })),
  'hierarchy client': () => page('hierarchy', tree({ hierarchy: hierarchy([node('2000000001', [])]) })),
  'hierarchy large': () => page('hierarchy', tree({ hierarchy: large(120, 20) }, { open: '5000000003,5000000004' })),
  picture: () => page('hierarchy', tree({}, { view: 'picture' })),
  'picture wide': () => page('hierarchy', tree({ hierarchy: large(7, 26) }, { view: 'picture' })),
  'picture too large': () => page('hierarchy', tree({ hierarchy: large(120, 20) }, { view: 'picture' })),
  'account client': () => page('account', one('2000000001', { report: report() })),
  'account manager': () => page('account', one('1000000003')),
  'account root': () => page('account', one('1000000001', { direct: true })),
  'account cancelled': () =>
    page(
      'account',
      one('2000000002', {
        reportError: new AppError('ads_customer_not_enabled', {
          google: { code: 'CUSTOMER_NOT_ENABLED', message: 'Not enabled.', requestId: 'rq', status: 403 },
        }),
      }),
    ),
  'account without campaigns': () =>
    page('account', one('2000000006', { report: report({ campaigns: [], days: [] }) })),
  'account unknown': () => page('account', one('7777777777', { reportError: denied })),
  connections: () =>
    page(
      'connections',
      presentConnections({
        ...base,
        member,
        connections: [
          connection({ shared: true }),
          connection({
            id: 'c2',
            email: second.email,
            status: 'needs_reconnect',
            reason: 'session_control',
            lastUsedAt: null,
          }),
          connection({
            id: 'c3',
            email: 'bob@agency.example',
            expiresAt: '2026-11-27T09:12:00Z',
            owner: { id: 'x', email: 'bob@agency.example' },
            name: 'علي',
          }),
          connection({
            id: 'c4',
            kind: 'service_account',
            email: 'ads@project.iam.gserviceaccount.com',
            name: null,
            status: 'revoked',
          }),
          { ...pending, id: 'c5' },
        ],
      }),
      { path: '/connections' },
    ),
  'connections empty': () => page('connections', presentConnections({ ...base, member, connections: [] })),
  connection: () =>
    page(
      'connection',
      presentConnection({ ...managed, connection: connection({ expiresAt: '2026-11-27T09:12:00Z' }) }),
    ),
  'connection broken': () =>
    page(
      'connection',
      presentConnection({
        ...managed,
        connection: connection({ status: 'needs_reconnect', reason: 'expired_or_revoked' }),
      }),
    ),
  'connection of another member': () =>
    page(
      'connection',
      presentConnection({
        ...managed,
        member: { ...member, id: 'm9' },
        connection: connection({ shared: true, owner: { id: 'm2', email: uglyNames[1] ?? '' } }),
      }),
    ),
  'connection only used': () =>
    page(
      'connection',
      presentConnection({
        ...managed,
        member: { ...member, id: 'm9', role: 'member' },
        connection: connection({ shared: true }),
      }),
    ),
  'connection paused': () =>
    page('connection', presentConnection({ ...managed, connection: connection({ status: 'paused' }) })),
  'connection revocation pending': () => page('connection', presentConnection({ ...managed, connection: pending })),
  'connection revocation pending long': () =>
    page(
      'connection',
      presentConnection({
        ...managed,
        connection: {
          ...pending,
          revocationNextAt: '2026-11-23T11:00:00Z',
          lastError: { code: 'invalid_request', message: uglyNames[0] ?? '', requestId: null, status: 400 },
        },
      }),
    ),
  'connection revoked': () => page('connection', presentConnection({ ...managed, connection: revoked })),
  'connection revoked service account': () =>
    page('connection', presentConnection({ ...managed, connection: { ...revoked, kind: 'service_account' } })),
  'connection revoked unread': () =>
    page(
      'connection',
      presentConnection({
        ...managed,
        connection: {
          ...revoked,
          lastError: { code: 'vault_open_failed', message: '', requestId: null, status: null },
        },
      }),
    ),
  revoke: () =>
    page(
      'revoke',
      presentRevoke({
        ...managed,
        connection: connection({ shared: true, email: second.email }),
        usage: {
          lastUses: [
            { action: 'access_token.issued', who: member.email, keyName: uglyNames[0] ?? '', at: fetchedAt },
            { action: 'secret.revealed', who: null, keyName: null, at: '2026-11-01T08:00:00Z' },
          ],
          keys: [
            { id: 'k1', name: uglyNames[1] ?? '', memberEmail: member.email, lastUsedAt: fetchedAt },
            { id: 'k2', name: 'never', memberEmail: 'bob@agency.example', lastUsedAt: null },
          ],
        },
      }),
    ),
  'revoke service account': () =>
    page(
      'revoke',
      presentRevoke({
        ...managed,
        connection: connection({ kind: 'service_account', lastUsedAt: null, status: 'paused' }),
        usage: { lastUses: [], keys: [] },
      }),
    ),
  leave: () => page('leave', leave({})),
  'leave nothing': () => page('leave', leave({ connections: [], leaver: { ...leaver, status: 'suspended' } })),
  'leave self': () => page('leave', leave({ leaver: { ...leaver, id: member.id } })),
  'leave plan': () =>
    page(
      'leave',
      leave({
        suspend: true,
        plans: [
          { connection: connection({ id: 'c4', email: 'one@agency.example' }), fate: { kind: 'keep' }, preview: null },
          {
            connection: connection({ id: 'c5', email: 'two@agency.example', kind: 'service_account' }),
            fate: { kind: 'revoke' },
            preview: null,
          },
          {
            connection: connection({ id: 'c6', email: 'three@agency.example' }),
            fate: { kind: 'transfer', to: member },
            preview: null,
          },
          {
            connection: connection({ id: 'c7', email: 'four@agency.example', shared: true }),
            fate: { kind: 'replace', by: second },
            preview: { ...preview, unsure: [], lost: agency.accounts },
          },
          {
            connection: connection({ id: 'c8', email: 'five@agency.example' }),
            fate: { kind: 'replace', by: second },
            preview: { ...preview, newReadAt: null, complete: false },
          },
          {
            connection: connection({ id: 'c9', email: 'six@agency.example' }),
            fate: { kind: 'replace', by: second },
            preview: { ...preview, known: 0, unsure: [], complete: false, oldReadAt: null },
          },
        ],
      }),
    ),
  'leave plan of nothing': () =>
    page('leave', leave({ plans: [{ connection: connection(), fate: { kind: 'keep' }, preview: null }] })),
  setup: () => page('setup', setup(), { path: '/setup' }),
  'setup missing': () =>
    page(
      'setup',
      setup({
        clientId: null,
        clientSource: null,
        redirectUriRegistered: false,
        signIn: { admins: 0, domains: [], emails: 0 },
        problems: ['Set GOOGLE_CLIENT_SECRETS_PATH.', en.setup.redirectMissing],
      }),
      signedOut,
    ),
  'finding not found': () =>
    page(
      'finding',
      presentError(new AppError('not_found'), { ...base, signedIn: true, status: 404, requestId: '0b1c' }),
    ),
  'finding scope': () =>
    page(
      'finding',
      presentError(new AppError('oauth_scope_missing', { params: { email: 'ann@agency.example' } }), {
        ...base,
        signedIn: false,
        status: 403,
        requestId: '0b1c',
      }),
      signedOut,
    ),
  'keys of every state': () =>
    page(
      'keys',
      presentKeys({
        ...base,
        keys: [
          keyState('k2026-11-a1b2', 'seals', { counts: new Map([['connections.credential', 12]]), total: 12 }),
          keyState('k2026-03', 'opens', { counts: new Map([['vault_secrets.value', 1]]), total: 1 }),
          keyState('k2025', 'opens', { since: null }),
          keyState('k2024', 'retired', { given: true, retiredAt: '2026-04-01T08:00:00Z' }),
          keyState('gone', 'missing', { counts: new Map([['new_table.column', 2]]), total: 2 }),
          keyState('spare', 'absent'),
        ],
        progress: null,
        failed: true,
      }),
    ),
  'keys while re-sealing': () =>
    page(
      'keys',
      presentKeys({
        ...base,
        keys: [keyState('k2', 'seals'), keyState('k1', 'opens', { total: 900 })],
        progress: { done: 600, total: 1500 },
        failed: false,
      }),
    ),
  'keys verified': () =>
    page(
      'key-verification',
      presentVerification({
        t: en,
        verification: {
          opened: 12,
          sound: false,
          keys: [
            { kid: 'k1', known: true, opened: 12, failed: [{ column: 'connections.credential', row: '<b>PMax' }] },
            {
              kid: 'gone',
              known: false,
              opened: 0,
              failed: Array.from({ length: 60 }, (_, row) => ({ column: 'connections.x', row: String(row) })),
            },
            { kid: '', known: false, opened: 0, failed: [{ column: 'vault_secrets.value', row: '<script>alert' }] },
          ],
        },
      }),
    ),
  'connection with its history': () =>
    page('connection', {
      ...presentConnection({ ...managed, connection: connection() }),
      history: presentHistory({ ...base, entries: auditEntries, connectionId: 'c1', admin: true, members: [] }),
    }),
  'connection without any history': () =>
    page('connection', {
      ...presentConnection({ ...managed, connection: connection() }),
      history: presentHistory({ ...base, entries: [], connectionId: 'c1', admin: false, members: [] }),
    }),
  'audit full': () =>
    page(
      'audit',
      presentAudit({ ...base, entries: auditEntries, query: {}, connectionIds: new Set(['t1']), members: [] }),
    ),
  'audit filtered to nothing': () =>
    page(
      'audit',
      presentAudit({ ...base, entries: [], query: { person: '<b>PMax' }, connectionIds: new Set(), members: [] }),
    ),
  'audit older than the oldest': () =>
    page(
      'audit',
      presentAudit({ ...base, entries: [], query: { before: '1' }, connectionIds: new Set(), members: [] }),
    ),
  'links none': () => page('links', presentLinks({ ...base, links: [], reconnects: null })),
  'links in every state': () =>
    page(
      'links',
      presentLinks({
        ...base,
        reconnects: second,
        links: [
          link(),
          link({ usedAt: fetchedAt }),
          link({ revokedAt: fetchedAt }),
          link({ expiresAt: fetchedAt, email: null, purpose: 'connect' }),
          link({ purpose: 'import' }),
        ],
      }),
    ),
  'link made': () =>
    page(
      'link-made',
      presentLinkMade({ ...base, member, link: link(), secret: 'S', publicUrl: 'https://keys.example' }),
    ),
  'link opened': () =>
    page(
      'link',
      presentLink({
        ...base,
        link: link(),
        by: { ...member, name: uglyNames[0] ?? '' },
        connection: second,
        expectedEmail: second.email,
        secret: 'S',
        publicUrl: 'https://keys.example',
      }),
      signedOut,
    ),
  'members in every state': () =>
    page(
      'members',
      presentMembers({
        ...base,
        member,
        members: [
          person({ id: member.id, adminBySetting: true, admittedBy: 'admin:ann.kowalska@agency.example' }),
          person({ status: 'suspended', role: 'member' }),
          person({ admitted: false, name: null }),
        ],
        connections: [connection(), second],
      }),
    ),
  'member with everything': () =>
    page(
      'member',
      presentMember({
        ...base,
        member,
        person: person({ role: 'member' }),
        connections: [connection(), second],
        sessions: 2,
        apiKeys: [apiKey()],
        passkeys: 2,
      }),
    ),
  'member suspended': () =>
    page(
      'member',
      presentMember({
        ...base,
        member,
        person: person({ status: 'suspended', adminBySetting: true }),
        connections: [],
        sessions: 0,
        apiKeys: [],
        passkeys: 0,
      }),
    ),
  'self with passkeys': () =>
    page(
      'self',
      self({
        passkeys: uglyNames.map((name, index) => ({
          id: `p${index}`,
          name,
          createdAt: fetchedAt,
          lastUsedAt: index === 0 ? null : fetchedAt,
        })),
        codesLeft: 3,
      }),
    ),
  'self of an administrator who needs a passkey': () => page('self', self({ passkeyRequired: true })),
  'confirm a form': () =>
    page(
      'confirm',
      presentConfirm({
        t: en,
        about: en.passkeys.steps.suspend(uglyNames[0] ?? ''),
        next: '/members/m2/suspend',
        method: 'post',
        fields: uglyNames.map(name => ({ name, value: name })),
        backHref: '/members/m2',
        codesLeft: 3,
      }),
    ),
  'confirm without recovery codes': () =>
    page(
      'confirm',
      presentConfirm({
        t: en,
        about: en.passkeys.steps['add-passkey'](),
        next: '/self/passkeys/new',
        method: 'get',
        fields: [],
        backHref: '/self',
        codesLeft: 0,
      }),
    ),
  'new passkey': () =>
    page('passkey-new', presentNewPasskey({ t: en, userAgent: 'Firefox', name: uglyNames[0] ?? '' })),
  'recovery codes': () =>
    page(
      'recovery-codes',
      presentRecoveryCodes({ t: en, codes: ['aaaa-bbbb-cccc-dddd', 'eeee-ffff-gggg-hhhh'], first: true }),
    ),
  'self with a new key': () =>
    page('self', self({ fresh: { kind: 'key', key: apiKey(), secret: 'gads_S' }, signedInRecently: true })),
  'self with a new code': () =>
    page(
      'self',
      self({ fresh: { kind: 'code', code: 'C', publicUrl: 'https://keys.example' }, signedInRecently: true }),
    ),
  'self a while after signing in': () => page('self', self({ sessions: [], keys: [] })),
  'link done': () => page('link-done', { title: en.links.done.title }, signedOut),
  'finding other account': () =>
    page(
      'finding',
      presentError(
        new AppError('reconnect_other_account', {
          params: { expectedEmail: 'ann@agency.example', actualEmail: 'ann.private@gmail.example', connectionId: 'c1' },
        }),
        { ...base, signedIn: true, status: 409, requestId: '0b1c' },
      ),
    ),
  'finding denied': () =>
    page(
      'finding',
      presentError(denied, {
        ...base,
        signedIn: true,
        status: 502,
        requestId: '0b1c',
        path: '/accounts',
        loginCustomerId: '1000000001',
        customerId: '2000000001',
        googleEmail: 'ann@agency.example',
      }),
    ),
}
