import type { Response } from 'express'
import type { Actor } from '../audit/actor.ts'
import { AppError } from '../errors.ts'
import type { Member } from '../members/member.ts'

/** Who is behind a request, for the audit trail; before somebody is signed in, a guest. */
export function actorOf({ locals }: Pick<Response, 'locals'>): Actor {
  const { member, apiKey, requestId, standing } = locals
  return {
    kind: member ? 'member' : 'guest',
    id: member?.id ?? null,
    name: member?.email ?? null,
    via: apiKey ? 'api_key' : 'browser',
    viaId: apiKey?.id ?? null,
    requestId,
    ...(standing && { standing }),
  }
}

/** The same for what only members do. Throws AppError `signed_out`. */
export function memberActorOf(res: Pick<Response, 'locals'>): Actor & { id: string } {
  return { ...actorOf(res), id: memberIn(res).id }
}

/** The signed-in member, behind a door that lets in nobody else. Throws AppError `signed_out`. */
export function memberIn({ locals: { member } }: Pick<Response, 'locals'>): Member {
  if (!member) throw new AppError('signed_out')
  return member
}
