import type { Standing } from '../audit/actor.ts'
import type { Now } from '../clock.ts'
import { AppError } from '../errors.ts'
import type { ApiKey, ApiKeys } from './api-keys.ts'
import type { Members } from './members.ts'
import { liveSessions } from './sessions.ts'

/** What let a member in. `sessionId` is the hash under which the session is stored; a `link` is checked where it is used. */
export type CameWith = { sessionId: string } | { apiKey: ApiKey } | { link: string }

export interface StandingOptions {
  members: Pick<Members, 'find'>
  apiKeys: Pick<ApiKeys, 'isLive'>
  now: Now
}

/** The standing of a member for one request. Each call reads the database; nothing is cached. */
export function createStanding({ members, apiKeys, now }: StandingOptions, memberId: string, by: CameWith): Standing {
  const asked = new WeakSet<object>()
  const refusal = 'sessionId' in by ? 'signed_out' : 'apiKey' in by ? 'api_key_invalid' : 'link_unusable'

  return {
    async ask(tx) {
      const member = await members.find(memberId, tx)
      const live =
        ('sessionId' in by && (await isLiveSession(by.sessionId))) ||
        ('apiKey' in by && (await apiKeys.isLive(by.apiKey, tx))) ||
        'link' in by
      if (!member || !live) throw new AppError(refusal)
      asked.add(tx)
      return member

      async function isLiveSession(id: string): Promise<boolean> {
        const found = await liveSessions(tx, now())
          .select('id_hash')
          .where('id_hash', '=', id)
          .where('member_id', '=', memberId)
          .executeTakeFirst()
        return found !== undefined
      }
    },

    wasAsked: tx => asked.has(tx),
  }
}
