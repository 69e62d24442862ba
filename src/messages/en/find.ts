import type { CustomerStatus } from '../../accounts/account.ts'
import type { FindCode } from '../../accounts/find-conclusion.ts'

const list = new Intl.ListFormat('en')
const anyOf = new Intl.ListFormat('en', { type: 'disjunction' })

/** What the sentences of a finding may name. Ids are as people read them. */
export interface FindParams {
  id: string
  /** The Google account that was asked. */
  email: string
  /** The login customer the sentence is about: the recommended one, else the first that leads there. */
  root: string
  role: string
  /** How old the picture of the hierarchy is. */
  age: string
  manager: string
  /** Google’s words, in ours where we know the code. */
  why: string
  status: CustomerStatus | null
  advanced: boolean
  /** Why the credential no longer works. */
  reason: string
  state: 'needs_reconnect' | 'paused' | 'revoked'
  service: boolean
}

export interface FindWords {
  title: (p: FindParams) => string
  what: (p: FindParams) => string
  steps: (p: FindParams) => string[]
  who: (p: FindParams) => string
}

const accountAdmin = (p: FindParams) => `An administrator of ${p.id}, in Google Ads.`
const googleAccount = (p: FindParams) => `The owner of ${p.email}.`
const installation = () => 'Whoever runs this installation.'
const you = () => 'You.'
const nobody = () => 'Nobody has to do anything but wait.'
const consentIsNoHelp = 'A new consent changes nothing here.'

const dead = (p: FindParams): string =>
  p.state === 'needs_reconnect'
    ? `Google no longer accepts the credential of ${p.email}. ${p.reason}`.trim()
    : p.state === 'paused'
      ? `The connection of ${p.email} is paused, so Google was not asked.`
      : `The connection of ${p.email} was revoked, so Google was not asked.`

const revive = (p: FindParams): string[] =>
  p.state === 'needs_reconnect'
    ? [p.service ? `Add a new key of ${p.email}.` : `Reconnect ${p.email}, then check again.`]
    : p.state === 'paused'
      ? ['Have the connection resumed, then check again.']
      : [`Connect ${p.email} again, then check again.`]

const whoRevives = (p: FindParams): string =>
  p.service
    ? 'An administrator of this installation.'
    : p.state === 'paused'
      ? 'The owner of the connection.'
      : googleAccount(p)

const deadTitle = (p: FindParams): string =>
  p.state === 'needs_reconnect'
    ? `${p.email} must be reconnected`
    : p.state === 'paused'
      ? `The connection of ${p.email} is paused`
      : `The connection of ${p.email} was revoked`

const notEnabled: Record<
  'CANCELED' | 'SUSPENDED' | 'CLOSED' | 'other',
  Pick<FindWords, 'title' | 'what' | 'steps' | 'who'>
> = {
  CANCELED: {
    title: () => 'This account was cancelled',
    what: p => `${p.id} is there, but it was cancelled. Google opens no cancelled account.`,
    steps: () => ['Bring it back in Google Ads: Admin, Preferences, Account status.', consentIsNoHelp],
    who: accountAdmin,
  },
  SUSPENDED: {
    title: () => 'Google suspended this account',
    what: p => `${p.id} is there, but Google suspended it.`,
    steps: () => ['Ask Google Ads support why, and appeal.', consentIsNoHelp],
    who: p => `An administrator of ${p.id}, with Google Ads support.`,
  },
  CLOSED: {
    title: () => 'This account is closed',
    what: p => `${p.id} is closed for good. Nothing brings it back.`,
    steps: () => ['Use the account that took its place.'],
    who: () => 'Nobody can reopen it.',
  },
  other: {
    title: () => 'This account is not enabled',
    what: p =>
      `Google does not open ${p.id}: it was cancelled, suspended, or never set up to the end. Google does not say which.`,
    steps: () => [
      'Look at the account in Google Ads. If it was cancelled, bring it back: Admin, Preferences, Account status.',
      'If Google suspended it, only Google Ads support can lift that.',
      consentIsNoHelp,
    ],
    who: accountAdmin,
  },
}

const ofStatus = ({ status }: FindParams) =>
  notEnabled[status === 'CANCELED' || status === 'SUSPENDED' || status === 'CLOSED' ? status : 'other']

const answers: Record<FindCode, FindWords> = {
  direct: {
    title: p => `${p.email} opens it directly`,
    what: p => `${p.email} was invited to ${p.id} itself.`,
    steps: p => [`Use ${p.root} as login customer, or leave the header out.`],
    who: you,
  },
  reachable: {
    title: p => `${p.email} opens it through ${p.root}`,
    what: p =>
      `Google lists only the accounts ${p.email} was invited to, and ${p.id} is not one of them. It hangs below ${p.root}.`,
    steps: p => [`Use ${p.root} as login customer.`, consentIsNoHelp],
    who: you,
  },
  unlisted: {
    title: p => `${p.email} opens it, but it is not listed yet`,
    what: p =>
      `Google has just opened ${p.id} through ${p.root}. What was read below ${p.root} ${p.age} does not list it: it was probably linked since.`,
    steps: p => [`Read ${p.root} anew. The account then shows in its hierarchy.`],
    who: you,
  },
  role_too_low: {
    title: p => `The role of ${p.email} is too low`,
    what: p =>
      `A path leads to ${p.id}, but Google does not let ${p.email} look: on ${p.root} its role is ${p.role}. ${p.why}`,
    steps: p => [
      `Give ${p.email} a higher role on ${p.root}: in Google Ads, Admin, Access and security.`,
      'If the role is high enough: before version 25 of its API, Google says the same where the Google Cloud project may use test accounts only.',
      consentIsNoHelp,
    ],
    who: p => `An administrator of ${p.root}.`,
  },
  not_enabled: {
    title: p => ofStatus(p).title(p),
    what: p => ofStatus(p).what(p),
    steps: p => ofStatus(p).steps(p),
    who: p => ofStatus(p).who(p),
  },
  second_factor: {
    title: p =>
      p.advanced
        ? `${p.email} must join the Advanced Protection Program`
        : `${p.email} must turn on 2-Step Verification`,
    what: p =>
      `The owner of a manager above ${p.id} lets in only people with ${p.advanced ? 'Advanced Protection' : '2-Step Verification'}. ${p.email} does not have it.`,
    steps: p => [
      p.advanced
        ? `Sign in as ${p.email} and enrol in the Advanced Protection Program.`
        : `Sign in as ${p.email} and turn on 2-Step Verification: Google Account, Security.`,
      `Then reconnect ${p.email} once.`,
    ],
    who: p => `${p.email} alone. A colleague cannot do it for them.`,
  },
  project_not_approved: {
    title: () => 'This installation may use test accounts only',
    what: p =>
      `${p.id} is a production account, and Google has not approved the Google Cloud project of this installation for those. ${p.email} is not the cause.`,
    steps: () => [
      'Apply for access to production accounts: Test, Explorer, Basic, Standard are the steps.',
      'Reconnecting does not help.',
    ],
    who: installation,
  },
  link_pending: {
    title: p => `The link to ${p.manager} waits for an answer`,
    what: p => `${p.manager} asked to link ${p.id}. Nobody has answered yet, and until then nothing leads there.`,
    steps: () => ['Accept the request in Google Ads: Admin, Access and security, Managers.', consentIsNoHelp],
    who: accountAdmin,
  },
  link_active: {
    title: p => `It is linked to ${p.manager}, but not listed`,
    what: p =>
      `${p.manager} has a link to ${p.id}, yet Google does not open it there. It may be new, or the account cancelled.`,
    steps: p => [
      'Check again in a few minutes.',
      `If it stays so, look at ${p.id} in Google Ads: it may be cancelled.`,
    ],
    who: accountAdmin,
  },
  connection_led_there: {
    title: deadTitle,
    what: p => `${dead(p)} When it last worked, it led to ${p.id} through ${p.root} (read ${p.age}).`,
    steps: revive,
    who: whoRevives,
  },
  path_refused: {
    title: p => `${p.root} no longer opens it`,
    what: p => `${p.id} hung below ${p.root} when that was read ${p.age}. Google now refuses it. ${p.why}`,
    steps: p => [
      `Read ${p.root} anew, to see what is there now.`,
      `If it is gone, have it linked again, or have ${p.email} invited.`,
      consentIsNoHelp,
    ],
    who: accountAdmin,
  },
  link_refused: {
    title: p => `The link to ${p.manager} was refused`,
    what: p => `${p.manager} asked to link ${p.id}, and the request was refused.`,
    steps: p => [
      `Send a new request from ${p.manager} and have it accepted, or have ${p.email} invited.`,
      consentIsNoHelp,
    ],
    who: accountAdmin,
  },
  link_ended: {
    title: p => `The link to ${p.manager} has ended`,
    what: p => `${p.id} was linked to ${p.manager}, or was about to be. It no longer is.`,
    steps: p => [
      `Send a new request from ${p.manager} and have it accepted, or have ${p.email} invited.`,
      consentIsNoHelp,
    ],
    who: accountAdmin,
  },
  wrong_account_type: {
    title: () => 'This is not a Google Ads account',
    what: p => `${p.id} belongs to another advertising product of Google. The Google Ads API does not open it.`,
    steps: () => ['Open it in the product it belongs to.'],
    who: you,
  },
  not_answered: {
    title: () => 'Google gave no verdict',
    what: p => `So it is not known whether ${p.email} opens ${p.id}. ${p.why}`.trim(),
    steps: () => ['Check again later. What is already read stays.'],
    who: nobody,
  },
  not_all_searched: {
    title: p => `Not found below ${p.email}, but not everything was looked at`,
    what: p => `${p.id} is not among the accounts read so far. Some parts are missing; they are named below.`,
    steps: () => ['Check again: missing parts are read then.'],
    who: you,
  },
  connection_broken: {
    title: deadTitle,
    what: p => `${dead(p)} Whether it opens ${p.id} is not known.`,
    steps: revive,
    who: whoRevives,
  },
  installation: {
    title: () => 'A fault of this installation',
    what: p => `Google was not able to answer for ${p.email}, and the cause is on our side. ${p.why}`,
    steps: () => ['Give the code and the request ID below to whoever runs this installation.', consentIsNoHelp],
    who: installation,
  },
  refused: {
    title: () => 'Google refuses',
    what: p => `Google does not open ${p.id} for ${p.email}. ${p.why}`,
    steps: () => ['Look up Google’s code below, or ask an administrator of the account.'],
    who: accountAdmin,
  },
  not_ads_user: {
    title: p => `${p.email} opens no Google Ads account at all`,
    what: p => `Google knows no Google Ads account for ${p.email}. It may be the wrong Google account.`,
    steps: p => [
      'Connect the Google account that opens Google Ads in the browser.',
      `Or have ${p.email} invited to ${p.id}.`,
    ],
    who: accountAdmin,
  },
  no_access: {
    title: p => `${p.email} has no access`,
    what: p =>
      `Google refuses ${p.id} through every login customer of ${p.email}, and without one. Google says the same for an ID that does not exist.`,
    steps: p => [
      'Compare the ID with the one at the top right in Google Ads.',
      `Have ${p.email} invited, or the account linked to a manager.`,
      consentIsNoHelp,
    ],
    who: accountAdmin,
  },
  not_here: {
    title: p => `${p.email} does not lead there`,
    what: p =>
      `${p.id} is nowhere below ${p.email}, as far as was read. Google was not asked, because another connection opens it.`,
    steps: () => [],
    who: nobody,
  },
}

/** A message to send; each returns whole lines. */
const messages = {
  subject: (id: string) => `Subject: Access to Google Ads account ${id}`,
  hello: 'Hello,',
  thanks: 'Thank you',
  need: (id: string) => `we need access to the Google Ads account ${id}. Please do one of these:`,
  invite: (n: number, email: string) =>
    `${n}. Invite ${email}: in Google Ads open Admin, Access and security, Users, press +, enter ${email}, choose Standard, send the invitation.`,
  link: (n: number, manager: string) =>
    `${n}. Or link the account to our manager ${manager}: we send the request from there, you accept it under Admin, Access and security, Managers.`,
  pending: (id: string, manager: string) => [
    `our manager account ${manager} has asked to be linked to the Google Ads account ${id}.`,
    'The request still waits. Please accept it: in Google Ads open Admin, Access and security, Managers.',
  ],
  again: (id: string, manager: string) => [
    `our manager account ${manager} is not linked to the Google Ads account ${id} (any more).`,
    'We would like to send a new request. Please accept it when it arrives: in Google Ads open Admin, Access and security, Managers.',
  ],
  reactivate: (id: string) => [
    `the Google Ads account ${id} was cancelled or is not enabled, so nobody can open it through the API.`,
    'If it is still needed, please bring it back: in Google Ads open Admin, Preferences, Account status.',
  ],
  role: (email: string, place: string, role: string) => [
    `${email} has the role “${role}” on the Google Ads account ${place}.`,
    'Please raise it to Standard: in Google Ads open Admin, Access and security, Users.',
  ],
  secondFactor: (email: string, advanced: boolean) => [
    `a Google Ads manager lets in only people with ${advanced ? 'Advanced Protection' : '2-Step Verification'}, and ${email} does not have it.`,
    `Please turn it on in that Google account (Google Account, Security), and then reconnect here:`,
  ],
  reconnect: (email: string) => [
    `Google no longer accepts the access that ${email} granted to Ads Keyring. Please reconnect with that Google account here:`,
  ],
  connectSubject: 'Subject: Connect your Google account',
  connect: (email: string) => [`please connect the Google account ${email} to Ads Keyring here:`],
  project: (id: string, code: string) => [
    `the Google Ads account ${id} is a production account, and our Google Cloud project may use test accounts only (${code}).`,
    'Please apply for access to production accounts in the API Center of Google Ads.',
  ],
  to: {
    accountAdmin: (id: string) => `A message for the administrator of ${id}`,
    owner: (email: string) => `A message for the owner of ${email}`,
    installation: 'A message for whoever runs this installation',
    rootAdmin: (root: string) => `A message for the administrator of ${root}`,
  },
}

export const find = {
  nav: 'Find',
  title: 'Why can’t I see this account?',
  lead: 'Give an ID or a name. Every connection you may use is looked through, Google is asked about the rest, and the answer says why, with evidence.',
  fields: {
    account: 'Customer ID or name',
    expected: 'Google account that should have access (optional)',
    connection: 'Connection',
    anyConnection: 'All you may use',
    submit: 'Find',
  },
  link: 'An account is missing?',
  linkHere: 'Not here?',
  why: 'Find out why',
  badId: (text: string) =>
    `“${text}” has digits, but a customer ID has ten. Names and parts of IDs are looked up among what was read.`,
  words: {
    opens: 'Opens it',
    blocked: 'Does not open it',
    unknown: 'Not known',
  },
  answers,
  wrongAccount: {
    title: (expected: string) => `${expected} is not connected here`,
    what: (expected: string, asked: string[]) =>
      `You expect ${expected} to have access. Asked was ${list.format(asked)}, another Google account. The most common cause of a missing account is the wrong Google account.`,
    steps: (expected: string) => [`Connect ${expected}, then check again.`],
    who: (expected: string) => `The owner of ${expected}.`,
    connect: (expected: string) => `Connect ${expected}`,
  },
  /** In place of the title that names one Google account, where none of several opens it. */
  noneOpens: (count: number) => `None of your ${count} connections opens it`,
  noConnections: {
    title: 'No Google account is connected',
    what: 'Without a connection nobody can be asked.',
    steps: ['Connect the Google account that opens Google Ads.'],
    connect: 'Connect Google Ads',
  },
  identity: {
    title: (count: number) => (count === 1 ? 'Google account asked' : 'Google accounts looked through'),
    expected: 'Expected',
    same: 'This is the Google account you expect.',
    among: (expected: string) => `${expected} was asked, too.`,
    differs: (expected: string) =>
      `They differ: ${expected} was not asked, because it is not among the connections you may use.`,
    noName: 'Google gave no name',
  },
  /** Situation 1: a login customer was chosen that does not lead there. */
  used: (used: string, count: number) =>
    count === 1
      ? `You looked through ${used}, and no path leads there from it.`
      : `You looked through ${used}, which is none of the ${count} login customers that lead there.`,
  /** Situation 15: the role depends on the way. */
  weaker: (used: string, weak: string, best: string, strong: string) =>
    `Through ${used} you act as ${weak}; through ${best} you are ${strong}.`,
  weakerItself: (used: string, weak: string, strong: string) =>
    `Through ${used} you act as ${weak}; through the account itself you are ${strong}.`,
  onlyWeak: (role: string) => `The role there is ${role}. That changes nothing in the account.`,
  admins: (place: string, emails: string[]) => `Who can change roles on ${place}: ${list.format(emails)}.`,
  adminsNone: (places: string[]) =>
    `Google names nobody who administers ${anyOf.format(places)} and was invited there directly.`,
  adminsUnreadable: (places: string[]) => `Google does not show who administers ${anyOf.format(places)}.`,
  notes: {
    hidden: 'A manager hid this account in Google Ads. It works, but lists there leave it out.',
    test: 'A test account. It works with any access level, and always reads as closed.',
    suspended: 'Google suspended this account. It can be looked at, but not changed.',
  },
  use: (shown: string) => `Use ${shown}`,
  open: 'Open the account',
  readAnew: (root: string) => `Read ${root} anew`,
  header: 'Header to send',
  headerOptional: 'It may be left out: the account is directly accessible.',
  headerBetter: 'It may be left out: then the role of the direct invitation counts.',
  headerRequired: 'Without it Google refuses the account.',
  headerCopy: 'Copy the header',
  messageHint: 'Plain text, to send as it is or to change.',
  messageCopy: 'Copy the message',
  askAgain: 'Check again',
  askAgainHint: 'Asks Google anew about this account, and reads what failed before.',
  late: 'Something had not answered when this page was made. It goes on being read: check again shortly.',
  evidence: 'What was looked at',
  roots: {
    label: (email: string) => `Login customers of ${email} and what Google says`,
    root: 'Login customer',
    role: 'Role',
    path: 'Path',
    verdict: 'Google’s verdict, live',
    without: 'Without a login customer',
    leadsItself: 'The account itself',
    notBelow: 'Not below it',
    isClient: 'A client: nothing hangs below it',
    notRead: 'Not read yet',
    loading: 'Still being read',
    searched: (count: string) => `${count} looked through, read`,
    incomplete: 'Part of it could not be read',
    failed: (names: string[]) => `Not read below ${list.format(names)}`,
    failedMore: (count: number) => `and ${count} more`,
    notAsked: 'Not asked',
    noAnswer: 'No answer yet',
    more: (count: number) => (count === 1 ? 'One more path' : `${count} more paths`),
    others: (count: number) =>
      count === 1 ? 'One more login customer does not lead there.' : `${count} more login customers do not lead there.`,
    clients: (count: number) =>
      count === 1
        ? 'One more login customer is a client, and nothing hangs below a client.'
        : `${count} more login customers are clients, and nothing hangs below a client.`,
  },
  links: {
    asked: (count: number) =>
      count === 1 ? 'One manager was asked for its links.' : `${count} managers were asked for their links.`,
    none: 'None has, had or asked for a link to this account.',
    notAsked: (count: number) =>
      count === 1
        ? 'One more manager was not asked, to spare quota.'
        : `${count} more managers were not asked, to spare quota.`,
    failed: (count: number) => (count === 1 ? 'One could not be asked.' : `${count} could not be asked.`),
    statuses: {
      ACTIVE: 'is linked to it',
      PENDING: 'asked for a link, which waits for an answer',
      REFUSED: 'asked for a link, which was refused',
      INACTIVE: 'was linked to it; the link has ended',
      CANCELED: 'asked for a link and withdrew it',
      UNKNOWN: 'has a link whose state Google did not say',
    },
  },
  names: {
    title: (count: number, text: string) =>
      count === 1 ? `One account fits “${text}”` : `${count} accounts fit “${text}”`,
    lead: 'Pick the one you mean.',
    more: (count: string) => `The first 100 of ${count}. Give more of the name.`,
    action: 'Actions',
    pick: 'Look into it',
    pickLabel: (name: string, shown: string) => `Look into it: ${name}, ${shown}`,
    through: 'Connections',
    one: (name: string, text: string) => `${name} is the one account that fits “${text}”.`,
    none: (text: string) => `No account fits “${text}”`,
    noneText:
      'An account that no connection leads to is not known here by name. Give its ID: then Google can be asked.',
    searched: (email: string, count: string) => `${email}: ${count} looked through`,
    unread: (email: string) => `${email}: nothing has been read yet`,
    partly: 'Not all is read yet. Check again shortly.',
    tableLabel: 'Accounts that fit',
  },
  messages,
}
