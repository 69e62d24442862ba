import type { Messages } from '../../messages/en.ts'

export const ADWORDS_SCOPE = 'https://www.googleapis.com/auth/adwords'

export interface HomeLocals {
  title: string
  cases: { seen: string; code: string | null; meaning: string; remedy: string; askAdmin: boolean }[]
  scope: string
  clientId: string | null
  adminText: string
}

export function presentHome({ t, clientId }: { t: Messages; clientId: string | null }): HomeLocals {
  return {
    title: t.home.title,
    cases: t.home.stuck.cases.map(stuck => ({ ...stuck, code: stuck.seen.includes(stuck.code) ? null : stuck.code })),
    scope: ADWORDS_SCOPE,
    clientId,
    adminText: t.home.stuck.adminText(clientId ?? t.home.stuck.noClientId, ADWORDS_SCOPE),
  }
}
