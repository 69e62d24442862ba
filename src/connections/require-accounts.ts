import { AppError, isAppError } from '../errors.ts'
import type { GoogleAds } from '../google/ads.ts'

/**
 * Asks Google Ads whether a credential opens any account before it is kept. Google answers whoever has none with an
 * error; other stand-ins may send an empty list. Throws AppError `refusal` with these params, and as
 * `GoogleAds.listAccessibleCustomers` does.
 */
export async function requireAccounts(
  ads: Pick<GoogleAds, 'listAccessibleCustomers'>,
  accessToken: string,
  refusal: 'no_ads_account' | 'service_account_not_invited',
  params: Record<string, string>,
): Promise<void> {
  try {
    const customers = await ads.listAccessibleCustomers(async () => accessToken)
    if (customers.length === 0) throw new AppError(refusal, { params })
  } catch (error) {
    if (!isAppError(error, 'ads_not_ads_user')) throw error
    throw new AppError(refusal, { params, cause: error, ...(error.google && { google: error.google }) })
  }
}
