import type { RequestHandler, Response } from 'express'
import type { Context } from '../context.ts'
import type { Member } from '../members/member.ts'

/** A right that was asked while an answer was made. Throws AppError when this member has it no more. */
export type AskedRight = (member: Pick<Member, 'id' | 'role'>) => void | Promise<void>

/**
 * Asks again, before an answer leaves, whether whoever waits for it is still let in and still has every right that was
 * asked on the way: Google may have taken its time. A refusal is what they would get if they asked now.
 */
export function onlyWhileAllowed({ db }: Context): RequestHandler {
  return (_req, res, next) => {
    const { standing } = res.locals
    if (!standing) return next()
    const rights: AskedRight[] = []
    res.locals.rights = rights
    res.locals.stillAllowed = async () => {
      const member = await standing.ask(db)
      for (const ask of rights) await ask(member)
    }
    const send = res.send.bind(res)
    res.send = body => {
      res.send = send
      if (res.statusCode >= 400) return send(body)
      stillAllowed(res)
        .then(() => send(body))
        .catch(error => {
          res.removeHeader('Content-Disposition')
          next(error)
        })
      return res
    }
    next()
  }
}

/** For answers that are given bit by bit. Throws AppError as `Standing.ask` does, and as the rights do. */
export async function stillAllowed({ locals }: Pick<Response, 'locals'>): Promise<void> {
  await locals.stillAllowed?.()
}
