import type { Request, RequestHandler } from 'express'
import type { Context } from '../../context.ts'
import { AppError } from '../../errors.ts'
import type { MemberDeed, RosterEntry } from '../../members/roster.ts'
import { en } from '../../messages/en.ts'
import { actorOf, memberIn } from '../actor.ts'
import { presentMember, presentMembers } from '../present/members.ts'
import { routes } from '../present/routes.ts'
import { tell, tellOutcome } from '../tell-outcome.ts'

/** Members in the hands of administrators. */
export function createMemberPages({ apiKeys, connections, memberSessions, now, passkeys, roster }: Context) {
  const list: RequestHandler = async (_req, res) => {
    const member = memberIn(res)
    const [members, all] = await Promise.all([roster.list(), connections.listAll()])
    await res.page('members', presentMembers({ t: en, now: now(), member, members, connections: all }))
  }

  const show: RequestHandler = async (req, res) => {
    const member = memberIn(res)
    const person = await known(req)
    const [all, sessions, keys, theirPasskeys] = await Promise.all([
      connections.listAll(),
      memberSessions.listOf(person.id),
      apiKeys.listOf(person.id),
      passkeys.listOf(person.id),
    ])
    const theirs = all.filter(connection => connection.owner.id === person.id)
    await res.page(
      'member',
      presentMember({
        t: en,
        now: now(),
        member,
        person,
        connections: theirs,
        sessions: sessions.length,
        apiKeys: keys,
        passkeys: theirPasskeys.length,
      }),
    )
  }

  const change =
    (deed: MemberDeed): RequestHandler =>
    async (req, res) => {
      const person = await known(req)
      await tellOutcome(req, roster.change(person.id, deed, actorOf(res)), en.members.deeds[deed].done(person.email))
      res.redirect(303, routes.member(person.id))
    }

  /** For other members. Your own are removed on your own page or, if you lost them, by another administrator or a command. */
  const resetPasskeys: RequestHandler = async (req, res) => {
    const person = await known(req)
    if (person.id === memberIn(res).id) throw new AppError('not_allowed')
    const count = await passkeys.reset(person, actorOf(res))
    await tell(req, 'success', en.members.deeds.resetPasskeys.done(count))
    res.redirect(303, routes.member(person.id))
  }

  const endSessions: RequestHandler = async (req, res) => {
    const person = await known(req)
    const count = await memberSessions.endAll(person, actorOf(res))
    await tell(req, 'success', en.members.deeds.endSessions.done(count))
    res.redirect(303, routes.member(person.id))
  }

  const revokeApiKeys: RequestHandler = async (req, res) => {
    const person = await known(req)
    const count = await apiKeys.revokeAll(person.id, actorOf(res))
    await tell(req, 'success', en.members.deeds.revokeApiKeys.done(count))
    res.redirect(303, routes.member(person.id))
  }

  return { list, show, change, resetPasskeys, endSessions, revokeApiKeys }

  async function known(req: Request): Promise<RosterEntry> {
    const { memberId } = req.params
    const person = typeof memberId === 'string' ? await roster.find(memberId) : null
    if (!person) throw new AppError('not_found')
    return person
  }
}
