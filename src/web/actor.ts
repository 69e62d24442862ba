import type { Response } from 'express'
import type { Actor } from '../audit/actor.ts'

/** Who is behind a request, for the audit trail; before somebody is signed in, a guest. */
export function actorOf({ locals }: Pick<Response, 'locals'>): Actor {
  const { member, apiKey, requestId } = locals
  return {
    kind: member ? 'member' : 'guest',
    id: member?.id ?? null,
    name: member?.email ?? null,
    via: apiKey ? 'api_key' : 'browser',
    viaId: apiKey?.id ?? null,
    requestId,
  }
}
