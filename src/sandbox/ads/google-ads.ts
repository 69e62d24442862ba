import { randomBytes } from 'node:crypto'
import type { Call } from '../http/call.ts'
import { googleNotFound, jsonReply, type Reply } from '../http/reply.ts'
import type { World } from '../world.ts'
import { type AdsCaller, adsCaller, calledCustomer, directAccounts } from './ads-access.ts'
import { AdsError, adsErrorReply } from './ads-error.ts'
import { checkAdsVersion } from './ads-version.ts'
import { searchBatches, searchPage } from './search.ts'
import { readSearchRequest } from './search-request.ts'

export interface AdsTarget {
  version: number
  method: 'listAccessibleCustomers' | 'search' | 'searchStream'
  /** As written in the path; empty for listAccessibleCustomers. */
  customerId: string
}

/** What a path of googleads.googleapis.com asks for, or undefined for one nobody serves. */
export function adsTarget(method: string, path: string): AdsTarget | undefined {
  const [, version, rest = ''] = /^\/v(\d{1,4})\/(.*)$/.exec(path) ?? []
  if (version === undefined) return undefined
  if (method === 'GET' && rest === 'customers:listAccessibleCustomers') {
    return { version: Number(version), method: 'listAccessibleCustomers', customerId: '' }
  }
  const search = /^customers\/([^/]+)\/googleAds:(search|searchStream)$/.exec(rest)
  if (method !== 'POST' || !search) return undefined
  return {
    version: Number(version),
    method: search[2] === 'search' ? 'search' : 'searchStream',
    customerId: decodeURIComponent(search[1] ?? ''),
  }
}

/** Google Ads REST: version, credentials, scope, then the customer and the query, each refusal in Google's form. */
export function googleAds(call: Call, world: World, target: AdsTarget | undefined): Reply {
  const requestId = randomBytes(16).toString('base64url')
  const reply = target ? answer(call, world, { ...target, requestId }) : googleNotFound(call.path)
  return { ...reply, headers: { ...reply.headers, 'request-id': requestId } }
}

type Numbered = AdsTarget & { requestId: string }

function answer(call: Call, world: World, target: Numbered): Reply {
  const { version, method, requestId } = target
  const stream = method === 'searchStream'
  try {
    if (!checkAdsVersion(version)) return googleNotFound(call.path)
    const rpc =
      method === 'listAccessibleCustomers' ? 'CustomerService.ListAccessibleCustomers' : 'GoogleAdsService.Search'
    const caller = adsCaller(call, world, `google.ads.googleads.v${version}.services.${rpc}${stream ? 'Stream' : ''}`)
    if ('status' in caller) return stream ? inArray(caller) : caller
    if (method === 'listAccessibleCustomers') {
      return jsonReply(200, { resourceNames: directAccounts(caller, world).map(id => `customers/${id}`) })
    }
    return query(call, world, { ...target, caller })
  } catch (error) {
    if (error instanceof AdsError) return adsErrorReply(error, { version, stream, requestId })
    throw error
  }
}

function query(
  call: Call,
  world: World,
  { version, method, customerId, requestId, caller }: Numbered & { caller: AdsCaller },
) {
  const stream = method === 'searchStream'
  const request = readSearchRequest(call.body)
  if ('status' in request) return stream ? inArray(request) : request
  const account = calledCustomer(caller, world, { call, customerId, version })
  const answered = stream ? searchBatches(request, account, world, requestId) : searchPage(request, account, world)
  return jsonReply(200, answered)
}

function inArray(reply: Reply): Reply {
  return { ...reply, body: `[${reply.body.trimEnd()}\n]\n` }
}
