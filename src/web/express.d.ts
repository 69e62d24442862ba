import type { Standing } from '../audit/actor.ts'
import type { ApiKey } from '../members/api-keys.ts'
import type { Member } from '../members/member.ts'
import type { AskedRight } from './still-allowed.ts'

declare module 'express-session' {
  interface SessionData {
    memberId: string
    /** When this member last came back from Google. ISO 8601, UTC. */
    signedInAt: string
    /** When they last confirmed, and with which passkey; null for a recovery code. */
    confirmed: { at: string; passkeyId: string | null }
    /** What the browser called itself then; anything longer is cut. */
    userAgent: string
    /** The account chosen to work through. */
    loginCustomer: { connectionId: string; customerId: string }
    flash: { kind: 'success' | 'info' | 'problem'; text: string }
  }
}

declare global {
  namespace Express {
    interface Locals {
      requestId: string
      /** Names the scripts of this very answer in its Content-Security-Policy. */
      nonce: string
      member: Member | null
      /** The key a program presented; the member above is then its owner. */
      apiKey: ApiKey | null
      /** What let the member in, to be checked again; see `askStanding`. */
      standing: Standing | null
      /** What else was asked on the way to the answer, and all of it to be asked again; see `onlyWhileAllowed`. */
      rights?: AskedRight[]
      stillAllowed?: () => Promise<void>
      /** Where somebody who came with a one-time link begins anew, should their way to Google and back fail. */
      beginAgain?: string
    }
    interface Response {
      /** Answers with a page inside its frame; see `pages` in web/render.ts. */
      page(view: string, locals: object): Promise<void>
    }
  }
}
