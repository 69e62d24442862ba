import { counted } from './words.ts'

export const members = {
  title: 'Members',
  lead: 'Everybody who has signed in to this installation. Who may sign in at all is in the settings.',
  tableLabel: 'Members, their role and status',
  columns: {
    person: 'Person',
    role: 'Role',
    status: 'Status',
    rule: 'Admitted by',
    since: 'Since',
    lastSeen: 'Last seen',
    connections: 'Connections',
  },
  you: 'You',
  openLabel: (email: string) => `Open ${email}`,
  roles: { member: 'Member', admin: 'Administrator' },
  roleMeanings: {
    member: 'Uses their own connections and those shared with the team.',
    admin: 'Sees every connection, and manages members, keys and the audit trail.',
  },
  statuses: { active: 'Active', suspended: 'Suspended', notAdmitted: 'Not admitted' },
  statusMeanings: {
    active: 'May sign in.',
    suspended: 'Cannot sign in. Sessions are ended and API keys open nothing. Connections are kept.',
    notAdmitted:
      'The rule that admitted this person is no longer in the settings. They cannot sign in, and their API keys open nothing.',
  },
  settings: { admin: 'ADMIN_EMAILS', email: 'ALLOWED_EMAILS', domain: 'ALLOWED_DOMAINS' },
  rules: {
    admin: (email: string) => `ADMIN_EMAILS names ${email}`,
    email: (email: string) => `ALLOWED_EMAILS names ${email}`,
    domain: (domain: string) => `ALLOWED_DOMAINS names ${domain}`,
  },
  detail: {
    back: 'All members',
    facts: 'Facts',
    fields: {
      email: 'E-mail',
      role: 'Role',
      status: 'Status',
      rule: 'Admitted by',
      since: 'First signed in',
      lastSeen: 'Last seen',
      sessions: 'Signed in',
      apiKeys: 'API keys',
      passkeys: 'Passkeys',
    },
    sessions: (count: number) => (count === 0 ? 'In no browser' : `In ${counted(count, 'browser', 'browsers')}`),
    apiKeys: (count: number) => (count === 0 ? 'None' : counted(count, 'live key', 'live keys')),
    passkeys: (count: number) => (count === 0 ? 'None' : counted(count, 'passkey', 'passkeys')),
    connections: 'Connections',
    connectionsNone: 'This person owns no connection.',
    actions: 'What you can do',
    bySettingNote: (email: string) =>
      `ADMIN_EMAILS names ${email}, so this person is an administrator at each sign-in. To change that, take the address out of the setting and restart.`,
  },
  deeds: {
    promote: {
      title: 'Make administrator',
      text: 'They will see every connection, and manage members, keys and the audit trail. Asks for a sign-in not older than ten minutes.',
      button: 'Make administrator',
      done: (email: string) => `${email} is an administrator now.`,
    },
    demote: {
      title: 'Make a member',
      text: 'They are no administrator any more, from their next request on. They keep their own connections and what is shared.',
      button: 'Make a member',
      done: (email: string) => `${email} is no administrator any more.`,
    },
    suspend: {
      title: 'Suspend',
      text: 'Ends their sessions at once, and they cannot sign in. Their API keys open nothing while it lasts. Their connections stay, also for those they are shared with.',
      button: 'Suspend',
      done: (email: string) => `${email} is suspended. Their sessions are ended.`,
    },
    resume: {
      title: 'Lift the suspension',
      text: 'They can sign in again. API keys that were not revoked and have not run out work again.',
      button: 'Lift the suspension',
      done: (email: string) => `${email} can sign in again.`,
    },
    endSessions: {
      title: 'End all sessions',
      text: 'They are signed out in every browser and can sign in again. API keys keep working.',
      button: 'End all sessions',
      done: (count: number) => `${counted(count, 'session was', 'sessions were')} ended.`,
    },
    revokeApiKeys: {
      title: 'Revoke all API keys',
      text: 'Programs that use their keys stop with the next request. Sessions go on, and the person can make new keys.',
      button: 'Revoke all API keys',
      done: (count: number) => `${counted(count, 'API key was', 'API keys were')} revoked.`,
    },
    resetPasskeys: {
      title: 'Reset passkeys',
      text: 'For someone who lost their passkeys and recovery codes. This removes all of them and signs the person out everywhere. They can add a new passkey after signing in with Google.',
      button: 'Reset passkeys',
      done: (count: number) =>
        `Removed ${counted(count, 'passkey', 'passkeys')} and all recovery codes, and signed the person out everywhere.`,
    },
    leave: {
      title: 'Prepare their leaving',
      text: 'Hand over or revoke what this person connected, step by step.',
      button: 'Prepare their leaving',
    },
  },
  command: {
    usage: 'Usage: npm run members -- reset-passkeys EMAIL',
    noDatabase: (path: string) =>
      `There is no database at ${path}. Set DATABASE_URL to the same value as for the server.`,
    unknown: (email: string) => `No member has the address ${email}.`,
    reset: (email: string, count: number) =>
      count === 0
        ? `${email} has no passkeys. Nothing was changed.`
        : `Removed ${counted(count, 'passkey', 'passkeys')} and all recovery codes of ${email}. They can add a new passkey after signing in with Google.`,
  },
}
