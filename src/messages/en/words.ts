/** Single words and short phrases used on more than one page. */

const plurals = new Intl.PluralRules('en')
const number = new Intl.NumberFormat('en')

/** `1 account`, `2,900 accounts`. */
export function counted(count: number, one: string, many: string): string {
  return `${number.format(count)} ${plurals.select(count) === 'one' ? one : many}`
}

export const words = {
  productName: 'Ads Keyring',
  unnamed: 'Unnamed account',
  nameUnknown: 'Name not known',
  unknown: 'Unknown',
  none: 'None',
  never: 'Never',
  notSaid: 'Google did not say',
  copy: 'Copy',
  copied: 'Copied',
  copyId: (shown: string) => `Copy customer ID ${shown}`,
  copyText: (text: string) => `Copy ${text}`,
  testAccount: 'Test',
  testAccountLong: 'Test account',
  hidden: 'Hidden',
  hiddenLong: 'Hidden in Google Ads by a manager',
  refresh: 'Refresh',
  retry: 'Retry',
  requestId: 'Request ID',
  kinds: { manager: 'Manager', client: 'Client', unknown: 'Unknown' },
  statuses: {
    ENABLED: 'Enabled',
    CANCELED: 'Cancelled',
    SUSPENDED: 'Suspended',
    CLOSED: 'Closed',
    UNKNOWN: 'Unknown',
  },
  statusMeanings: {
    ENABLED: 'The account works.',
    CANCELED: 'The account was cancelled. An administrator of the account can bring it back in Google Ads.',
    SUSPENDED: 'Google suspended the account. Only Google Ads support can lift this.',
    CLOSED: 'The account is closed for good. It cannot be brought back.',
    UNKNOWN: 'Google did not say which status this account has.',
  },
  closedTestAccount: 'Test accounts always read as closed, although they work.',
  roles: {
    ADMIN: 'Admin',
    STANDARD: 'Standard',
    READ_ONLY: 'Read only',
    EMAIL_ONLY: 'E-mail only',
    UNKNOWN: 'Unknown',
  },
  roleMeanings: {
    ADMIN: 'May do everything in the account, and invite and remove people.',
    STANDARD: 'May change campaigns and budgets, but not who has access.',
    READ_ONLY: 'May look at everything and change nothing.',
    EMAIL_ONLY: 'Gets reports by e-mail only, and cannot open the account.',
    UNKNOWN: 'Google did not say which role this is.',
  },
  accounts: (count: number) => counted(count, 'account', 'accounts'),
  managers: (count: number) => counted(count, 'manager', 'managers'),
  clients: (count: number) => counted(count, 'client', 'clients'),
  levels: (count: number) => counted(count, 'level', 'levels'),
  /** Shown in place of an age while a clock is a little ahead of ours. */
  justNow: 'just now',
}
