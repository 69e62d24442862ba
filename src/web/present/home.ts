import type { Messages } from '../../messages/en.ts'

export const ADWORDS_SCOPE = 'https://www.googleapis.com/auth/adwords'

export interface HomeLocals {
  title: string
  scope: string
  clientId: string | null
  adminText: string
}

export function presentHome({ t, clientId }: { t: Messages; clientId: string | null }): HomeLocals {
  return {
    title: t.home.title,
    scope: ADWORDS_SCOPE,
    clientId,
    adminText: t.home.stuck.adminText(clientId ?? t.home.stuck.noClientId, ADWORDS_SCOPE),
  }
}
