import ejs from 'ejs'
import type { Express, Request, RequestHandler } from 'express'
import type { Context } from '../context.ts'
import type { Member } from '../members/member.ts'
import { en } from '../messages/en.ts'
import { type FrameLocals, type LoginCustomer, presentFrame, type SwitcherItem } from './present/frame.ts'

const root = new URL('../../', import.meta.url)
const viewsFolder = new URL('views/', root).pathname
export const publicFolder = new URL('public/', root).pathname

export function useViews(app: Express): void {
  app.engine('ejs', ejs.renderFile)
  app.set('view engine', 'ejs')
  app.set('views', viewsFolder)
  app.set('view cache', true)
}

/**
 * Gives every answer `res.page(view, locals)`: the page inside its frame. The frame is built last, when the page's own
 * work is done, so that it shows what that work has just stored.
 */
export function pages(context: Context): RequestHandler {
  return (req, res, next) => {
    res.page = async (view, locals) => {
      const { member = null } = res.locals
      res.render(view, { ...(await frame(context, req, member)), ...locals })
    }
    next()
  }
}

async function frame({ accounts, config, connections, log, now }: Context, req: Request, member: Member | null) {
  const switcher = member ? await switcherOf(member.id) : []
  const flash = req.session?.flash ?? null
  if (flash) delete req.session.flash
  return presentFrame({
    t: en,
    now: now(),
    path: req.path,
    member,
    loginCustomer: chosen(req, switcher),
    googleStandIn: config.googleEmulatorHost,
    flash,
    switcher,
  }) satisfies FrameLocals

  /** From what is stored only: a frame never waits for Google. A page that reports a broken database still gets one. */
  async function switcherOf(memberId: string): Promise<SwitcherItem[]> {
    try {
      const usable = await connections.listUsableBy(memberId)
      return await Promise.all(
        usable.map(async connection => ({
          connectionId: connection.id,
          googleEmail: connection.email,
          picture: connection.picture,
          accounts: ((await accounts.storedDirect(connection))?.accounts ?? [])
            .filter(account => account.problem === null)
            .map(({ customerId, descriptiveName, manager }) => ({ customerId, name: descriptiveName, manager })),
        })),
      )
    } catch (error) {
      log.warn({ err: error }, 'frame without switcher')
      return []
    }
  }
}

function chosen(req: Request, switcher: (SwitcherItem & { picture?: string | null })[]): LoginCustomer | null {
  const choice = req.session?.loginCustomer
  const group = switcher.find(item => item.connectionId === choice?.connectionId)
  const account = group?.accounts.find(each => each.customerId === choice?.customerId)
  if (!group || !account) return null
  const { connectionId, googleEmail, picture } = group
  return { connectionId, googleEmail, picture: picture ?? null, customerId: account.customerId, name: account.name }
}
