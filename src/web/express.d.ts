import type { Member } from '../members/member.ts'
import type { FrameLocals } from './present/frame.ts'

declare module 'express-session' {
  interface SessionData {
    memberId: string
    /** The account chosen to work through. */
    loginCustomer: { connectionId: string; customerId: string }
    flash: { kind: 'success' | 'info' | 'problem'; text: string }
  }
}

declare global {
  namespace Express {
    interface Locals extends Partial<FrameLocals> {
      requestId: string
      member: Member | null
    }
  }
}
