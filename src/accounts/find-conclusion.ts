import { meaningOf } from '../google/ads-error-codes.ts'
import type { EffectiveAccess } from './access.ts'
import type { Problem } from './account.ts'
import type { LinkSearch } from './find-links.ts'
import { isUndecided, type Probe } from './probe.ts'

/** What came out for one connection, the most hopeful first. */
export const findCodes = [
  'direct', // invited to the account itself
  'reachable', // through a login customer above it
  'unlisted', // Google opens it, but what was read before does not list it
  'role_too_low', // it leads there, with a role that may not look
  'not_enabled', // cancelled, suspended or closed
  'second_factor', // a manager demands 2-Step Verification
  'project_not_approved', // the project of this installation may use test accounts only
  'link_pending', // a manager asked for a link, nobody has answered
  'link_active', // a manager is linked, but what was read does not list the account
  'connection_led_there', // the credential no longer works; it led there when it last did
  'path_refused', // it hung there when last read; Google does not open it any more
  'link_refused', // the account refused a manager's request
  'link_ended', // it was linked once
  'wrong_account_type', // of another advertising product
  'not_answered', // Google gave no verdict
  'not_all_searched', // not found, but not everything was looked at
  'connection_broken', // the credential no longer works
  'installation', // a fault of this installation
  'refused', // Google refused for a reason we do not know
  'not_ads_user', // the Google account opens no Google Ads account
  'no_access', // Google refuses it through every login customer
  'not_here', // not among what was read, and not worth asking Google
] as const

export type FindCode = (typeof findCodes)[number]

export interface Conclusion {
  code: FindCode
  /** What Google said, where that decided. */
  problem: Problem | null
}

/** What is known of one connection and one account. */
export interface FindFacts {
  usable: boolean
  /** Why the connection as a whole could not be asked. */
  problem: Problem | null
  /** Null where the direct accounts could not be read, or not in time. */
  access: EffectiveAccess | null
  /** Every live verdict, with and without a login customer. */
  verdicts: readonly Probe[]
  links: LinkSearch | null
  /** Google was asked live through every login customer that could lead there. */
  askedAll: boolean
  /** Everything below every login customer has been read. */
  readAll: boolean
}

export function opensIt(code: FindCode): boolean {
  return code === 'direct' || code === 'reachable' || code === 'unlisted'
}

/** 0 for the most hopeful. */
export function findRank(code: FindCode): number {
  return findCodes.indexOf(code)
}

/** Google's verdicts decide; only where there are none, what was read before. */
export function conclude(facts: FindFacts): Conclusion {
  const { usable, problem, access, verdicts, links } = facts
  const led = access?.reachable ? 'connection_led_there' : 'connection_broken'
  if (!usable) return { code: led, problem }
  if (!access && !problem) return { code: 'not_answered', problem: null }
  const opened = verdicts.filter(verdict => verdict.ok)
  if (opened.length > 0) return { code: openedCode(access, opened), problem: null }
  const decided = decisive([problem, ...verdicts.map(verdict => verdict.problem)])
  if (decided) return decided.code === 'connection_broken' ? { ...decided, code: led } : decided
  const denied = verdicts.find(verdict => verdict.problem !== null)?.problem ?? null
  const linked = links?.links[0] && linkCodes[links.links[0].status]
  if (access?.reachable) return { code: denied ? 'path_refused' : 'not_answered', problem: denied }
  if (linked) return { code: linked, problem: denied }
  if (facts.askedAll && denied) return { code: 'no_access', problem: denied }
  if (verdicts.length > 0 || !facts.readAll) return { code: 'not_all_searched', problem: denied }
  return { code: 'not_here', problem: null }
}

function openedCode(access: EffectiveAccess | null, opened: readonly Probe[]): FindCode {
  const itself = opened.some(({ customerId, loginCustomerId }) => (loginCustomerId ?? customerId) === customerId)
  if (access?.direct && itself) return 'direct'
  return access?.reachable ? 'reachable' : 'unlisted'
}

const linkCodes = {
  ACTIVE: 'link_active',
  PENDING: 'link_pending',
  REFUSED: 'link_refused',
  INACTIVE: 'link_ended',
  CANCELED: 'link_ended',
  UNKNOWN: null,
} as const

/** The problem that explains most; a plain refusal of this way explains nothing by itself. */
function decisive(problems: readonly (Problem | null)[]): Conclusion | null {
  const all = problems.flatMap(problem => {
    const code = problem && explains(problem)
    return code ? [{ code, problem }] : []
  })
  return all.sort((a, b) => findRank(a.code) - findRank(b.code))[0] ?? null
}

function explains(problem: Problem): FindCode | null {
  const { code } = problem
  if (isUndecided({ problem })) return 'not_answered'
  if (code === 'CLOUD_PROJECT_NOT_APPROVED_FOR_PRODUCTION' || code === 'DEVELOPER_TOKEN_NOT_APPROVED') {
    return 'project_not_approved'
  }
  if (code === 'ACTION_NOT_PERMITTED_FOR_SUSPENDED_ACCOUNT') return 'not_enabled'
  switch (meaningOf(code, null) ?? code) {
    case 'ads_permission_denied':
    case 'ads_login_customer_mismatch':
      return null
    case 'ads_customer_not_enabled':
      return 'not_enabled'
    case 'ads_second_factor_required':
      return 'second_factor'
    case 'ads_action_not_permitted':
      return 'role_too_low'
    case 'ads_not_ads_user':
      return 'not_ads_user'
    case 'ads_wrong_account_type':
      return 'wrong_account_type'
    case 'ads_account_deleted':
    case 'ads_scope_insufficient':
    case 'ads_token_rejected':
    case 'needs_reconnect':
    case 'connection_unusable':
      return 'connection_broken'
    case 'ads_project_not_approved':
    case 'ads_project_refused':
    case 'ads_api_not_enabled':
    case 'ads_version_retired':
    case 'ads_request_rejected':
    case 'ads_query_rejected':
    case 'vault_open_failed':
    case 'oauth_client_rejected':
      return 'installation'
    default:
      return 'refused'
  }
}
