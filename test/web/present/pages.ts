import { AppError } from '../../../src/errors.ts'
import { en } from '../../../src/messages/en.ts'
import { presentAccount } from '../../../src/web/present/account.ts'
import { presentAccounts } from '../../../src/web/present/accounts.ts'
import { presentConnection, presentConnections } from '../../../src/web/present/connections.ts'
import { presentError } from '../../../src/web/present/finding.ts'
import { presentHierarchy } from '../../../src/web/present/hierarchy.ts'
import { readHierarchyQuery } from '../../../src/web/present/hierarchy-query.ts'
import { presentHome } from '../../../src/web/present/home.ts'
import { presentSetup } from '../../../src/web/present/setup.ts'
import {
  agency,
  connection,
  direct,
  directAccounts,
  frame,
  hierarchy,
  large,
  member,
  node,
  now,
  report,
} from './fixtures.ts'

const base = { t: en, now }
const loginCustomer = { connectionId: 'c1', customerId: '1000000001' }
const fetchedAt = '2026-11-23T11:48:00Z'
const signedOut = { member: null, loginCustomer: null, switcher: [] }
const second = connection({ id: 'c2', email: 'reporting-team@a-client-with-a-rather-long-domain-name.example' })

export interface PageState {
  view: string
  locals: object
}

function page(view: string, locals: object, frameChange: Parameters<typeof frame>[0] = {}): PageState {
  return { view, locals: { ...frame(frameChange), ...locals } }
}

function accounts(connections: Parameters<typeof presentAccounts>[0]['connections'], q = '') {
  return presentAccounts({ ...base, connections, loginCustomer, q })
}

function tree(change: object, query: Record<string, string> = {}) {
  return presentHierarchy({
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
    signIn: { admins: 1, domains: ['agency.example'], emails: 0 },
    problems: [],
    ...change,
  })
}

const denied = new AppError('ads_permission_denied', {
  google: { code: 'USER_PERMISSION_DENIED', message: 'User doesn’t have permission.', requestId: 'aB3x', status: 403 },
})

/** Every page in every state worth looking at. */
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
        ],
      }),
      { path: '/connections' },
    ),
  'connections empty': () => page('connections', presentConnections({ ...base, member, connections: [] })),
  connection: () =>
    page(
      'connection',
      presentConnection({ ...base, member, connection: connection({ expiresAt: '2026-11-27T09:12:00Z' }) }),
    ),
  'connection broken': () =>
    page(
      'connection',
      presentConnection({
        ...base,
        member,
        connection: connection({ status: 'needs_reconnect', reason: 'expired_or_revoked' }),
      }),
    ),
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
