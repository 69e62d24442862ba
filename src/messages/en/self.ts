import type { ApiKeyScope } from '../../members/api-keys.ts'
import { counted } from './words.ts'

const scopes: Record<ApiKeyScope, string> = {
  read: 'List connections, accounts, hierarchies and access, and take configurations with placeholders.',
  token: 'Ask for short-lived access tokens of the connections you may use.',
  connect: 'Hand credentials in. They become connections of yours.',
  manage: 'Revoke connections you own. With an administrator’s key, every connection.',
  reveal: 'Read refresh tokens and key files of connections you own in clear. Most programs do with access tokens.',
}

export const self = {
  title: 'You',
  sessions: {
    title: 'Where you are signed in',
    lead: 'A session ends after an hour without use, and after eight hours in any case.',
    tableLabel: 'Your sessions',
    columns: { browser: 'Browser', since: 'Since', lastSeen: 'Last seen', actions: 'Actions' },
    thisOne: 'This one',
    end: 'End',
    endLabel: (browser: string) => `End the session in ${browser}`,
    endOthers: 'End all others',
    ended: 'The session was ended.',
    othersEnded: (count: number) =>
      count === 0 ? 'There was no other session.' : `${counted(count, 'session was', 'sessions were')} ended.`,
    browser: (name: string, system: string) => `${name} on ${system}`,
    browserUnknown: 'Unknown browser',
  },
  keys: {
    title: 'API keys',
    lead: 'For programs that ask Ads Keyring in your name. A key can do what you may do, limited to its scopes.',
    docs: 'docs/api.md shows how a program uses one.',
    none: 'You have no API key.',
    tableLabel: 'Your API keys',
    columns: { name: 'Name', scopes: 'Scopes', lastUsed: 'Last used', ends: 'Ends', actions: 'Actions' },
    neverUsed: 'Not yet',
    created: 'made',
    ended: 'Ended',
    revoked: 'Revoked',
    revoke: 'Revoke',
    revokeLabel: (name: string) => `Revoke the key ${name}`,
    revokedFlash: 'The key was revoked. It opens nothing any more.',
    older: (count: number) => counted(count, 'key that ended', 'keys that ended'),
    create: 'Make an API key',
    name: 'Name',
    nameHint: 'What will use it, for example “Nightly report”.',
    scopes: 'Scopes',
    scopeMeanings: scopes,
    noScope: 'Choose at least one scope for the key.',
    days: 'Days it lives',
    daysHint: '1 to 365.',
    submit: 'Make the key',
    signInFirst: 'Making a key asks for a sign-in not older than ten minutes.',
    signIn: 'Sign in again',
    freshTitle: (name: string) => `Your new key “${name}”`,
    freshText: 'Copy it now. It is shown this once; only a hash of it is kept.',
    freshEnds: (day: string) => `It ends on ${day}.`,
    copy: 'Copy the API key',
  },
  codes: {
    title: 'Hand a credential in from a terminal',
    lead: 'The command-line tool signs in at Google on your own machine and hands the credential to this server, so that no refresh token is copied by hand. A code lets it in once, within fifteen minutes.',
    submit: 'Make a code',
    freshTitle: 'Your command line',
    freshText:
      'Run it where the client secrets file is. The code works once, within fifteen minutes, and is shown this once.',
    copy: 'Copy the command line',
  },
}
