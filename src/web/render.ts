import ejs from 'ejs'
import type { Express, RequestHandler } from 'express'
import type { Context } from '../context.ts'
import { en } from '../messages/en.ts'
import { presentFrame, type SwitcherItem } from './present/frame.ts'

const root = new URL('../../', import.meta.url)
export const viewsFolder = new URL('views/', root).pathname
export const publicFolder = new URL('public/', root).pathname

export function useViews(app: Express): void {
  app.engine('ejs', ejs.renderFile)
  app.set('view engine', 'ejs')
  app.set('views', viewsFolder)
  app.set('view cache', true)
}

/** What every page needs, put into `res.locals` once: the frame around the page. */
export function frame({ accounts, config, connections, now }: Context): RequestHandler {
  return async (req, res, next) => {
    if (req.path.startsWith('/api/')) return next()
    const { member } = res.locals
    const switcher = member ? await switcherOf(member.id) : []
    const chosen = req.session.loginCustomer
    const group = chosen && switcher.find(item => item.connectionId === chosen.connectionId)
    const account = group?.accounts.find(each => each.customerId === chosen?.customerId)
    const flash = req.session.flash ?? null
    if (flash) delete req.session.flash
    Object.assign(
      res.locals,
      presentFrame({
        t: en,
        now: now(),
        path: req.path,
        member,
        loginCustomer:
          group && account ? { ...account, connectionId: group.connectionId, googleEmail: group.googleEmail } : null,
        googleStandIn: config.googleEmulatorHost,
        flash,
        switcher,
      }),
    )
    next()
  }

  /** From what is stored only: the frame of a page never waits for Google. */
  async function switcherOf(memberId: string): Promise<SwitcherItem[]> {
    const usable = await connections.listUsableBy(memberId)
    return Promise.all(
      usable.map(async connection => ({
        connectionId: connection.id,
        googleEmail: connection.email,
        accounts: ((await accounts.storedDirect(connection))?.accounts ?? [])
          .filter(account => account.problem === null)
          .map(({ customerId, descriptiveName, manager }) => ({ customerId, name: descriptiveName, manager })),
      })),
    )
  }
}
