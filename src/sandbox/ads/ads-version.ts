import { AdsError } from './ads-error.ts'

const LIVE = new Set([23, 24, 25, 26])
const SUNSET = new Set([20, 21, 22])

/** Refuses a recently retired version with UNSUPPORTED_VERSION; returns false for one that Google's front end does not know. */
export function checkAdsVersion(version: number): boolean {
  if (SUNSET.has(version)) {
    throw new AdsError('requestError', 'UNSUPPORTED_VERSION', {
      message: `Version v${version} is deprecated. Requests to this version will be blocked.`,
    })
  }
  return LIVE.has(version)
}
