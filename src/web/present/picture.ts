import type { Hierarchy, HierarchyAccount } from '../../accounts/account.ts'
import type { AccountGraph } from '../../accounts/graph.ts'
import type { Connection } from '../../connections/connection.ts'
import type { CustomerId } from '../../customer-id.ts'
import type { Messages } from '../../messages/en.ts'
import { accountMarks, nameMark } from './account-marks.ts'
import { type HierarchyQuery, hierarchyAddress } from './hierarchy-query.ts'
import type { Drawing } from './picture-layout.ts'
import { routes } from './routes.ts'
import { shorten } from './shorten.ts'

export interface Picture {
  /** Null when the hierarchy is too large, or not there yet. */
  drawing: PictureDrawing | null
  title: string
  description: string
  /** Why there is no drawing; null when there is one. */
  whyNot: string | null
  offers: { name: string; text: string; href: string }[]
  /** The way back to the whole, when a part is drawn. */
  wholeHref: string | null
  atText: string | null
}

export interface PictureDrawing {
  /** Little wider than a screen: it may shrink to fit and stays readable. */
  fits: boolean
  width: number
  height: number
  viewBox: string
  nodes: PictureNode[]
  groups: Drawing['groups']
  edges: { key: string; path: string }[]
}

export interface PictureNode {
  key: string
  customerId: CustomerId
  kind: 'manager' | 'client'
  href: string
  x: number
  y: number
  width: number
  height: number
  centreX: number
  nameY: number
  idY: number
  shownName: string
  unnamed: boolean
  shownId: string
  /** The whole of it in words, as tooltip and for screen readers. */
  label: string
  faded: boolean
  root: boolean
}

export const PICTURE_LIMIT = 200
/** The most links between accounts. More make a tangle nobody can follow, and take seconds to lay out. */
export const LINK_LIMIT = 300
const OFFERS = 12
const FITTING_WIDTH = 1450
/** Characters that fit a node. */
const ROOM = { manager: 24, client: 20 }

interface Input {
  t: Messages
  connection: Connection
  hierarchy: Hierarchy
  graph: AccountGraph
  query: HierarchyQuery
  /** The picture of what `toDraw` returns; null if drawing took too long. */
  drawing: Drawing | null
}

export type ToDraw =
  | { top: HierarchyAccount; accounts: HierarchyAccount[] }
  | { whyNot: 'loading' | 'too_large' | 'too_dense'; accounts: HierarchyAccount[] }

/** The accounts below `at` (or the root). Null if none are loaded yet, or there are too many accounts or links. */
export function toDraw(hierarchy: Hierarchy, graph: AccountGraph, at: CustomerId | null): ToDraw {
  const top = topOf(graph, at)
  const accounts = top === null ? [] : accountsBelow(top, graph)
  if (top === null || (hierarchy.loading && accounts.length <= 1)) return { whyNot: 'loading', accounts }
  if (accounts.length > PICTURE_LIMIT) return { whyNot: 'too_large', accounts }
  const links = accounts.reduce((sum, { parents }) => sum + parents.length, 0)
  return links > LINK_LIMIT ? { whyNot: 'too_dense', accounts } : { top, accounts }
}

/** The graph as nodes and arrows, for hierarchies small enough to be read that way. */
export function presentPicture({ t, connection, hierarchy, graph, query, drawing }: Input): Picture {
  const top = topOf(graph, query.at)
  const whole = top === null || top.customerId === graph.root
  const topName = nameMark(top?.descriptiveName ?? null, t).text
  const at = (change: Partial<HierarchyQuery>) =>
    routes.hierarchy(connection.id, hierarchy.loginCustomerId, hierarchyAddress({ ...query, page: 1, ...change }))
  const to = (customerId: CustomerId | null) => at({ view: 'picture', at: customerId })
  const part = toDraw(hierarchy, graph, query.at)
  const { accounts } = part
  const managers = accounts.filter(account => account.manager === true).length
  const about = {
    title: t.hierarchy.pictureTitle(topName),
    description: t.hierarchy.pictureDescription(accounts.length, managers),
    wholeHref: whole ? null : to(null),
    atText: whole ? null : t.hierarchy.pictureAt(topName),
  }
  const whyNot = 'whyNot' in part ? part.whyNot : drawing === null ? 'too_dense' : null
  if (whyNot === 'loading') {
    return { ...about, drawing: null, whyNot: t.hierarchy.pictureLoading, offers: [] }
  }
  if (whyNot === 'too_large') {
    const offers = smallerManagers(accounts, graph)
    const reason = t.hierarchy.pictureTooLarge(accounts.length, PICTURE_LIMIT)
    const then = offers.length > 0 ? t.hierarchy.pictureOffer : t.hierarchy.pictureNoOffer
    return {
      ...about,
      drawing: null,
      whyNot: `${reason} ${then}`,
      offers: offers.map(({ account, size }) => ({
        name: nameMark(account.descriptiveName, t).text,
        text: t.words.accounts(size),
        href: to(account.customerId),
      })),
    }
  }
  if (drawing === null) {
    const tree = { name: t.hierarchy.pictureTree, text: '', href: at({ view: 'tree' }) }
    return { ...about, drawing: null, whyNot: t.hierarchy.pictureTooDense, offers: [tree] }
  }
  const byId = new Map(accounts.map(account => [account.customerId, account]))
  const nodes = drawing.nodes.flatMap((place): PictureNode[] => {
    const account = byId.get(place.customerId)
    if (account === undefined) return []
    const marks = accountMarks(account, t)
    const kind = account.manager ? 'manager' : 'client'
    const shownName = shorten(marks.name.text, ROOM[kind])
    const rest = [marks.kind.word, marks.status?.word, marks.test && t.words.testAccountLong].filter(Boolean)
    return [
      {
        ...place,
        key: place.customerId,
        kind,
        href: routes.account(connection.id, hierarchy.loginCustomerId, account.customerId),
        centreX: place.x + place.width / 2,
        nameY: place.y + place.height / 2 - 4,
        idY: place.y + place.height / 2 + 13,
        shownName,
        unnamed: marks.name.unnamed,
        shownId: marks.shownId,
        label: [
          `${shownName} ${marks.shownId}`,
          ...(shownName === marks.name.text ? [] : [marks.name.text]),
          ...rest,
        ].join(', '),
        faded: account.hidden || (account.status !== 'ENABLED' && account.testAccount !== true),
        root: account === top,
      },
    ]
  })
  return {
    ...about,
    whyNot: null,
    offers: [],
    drawing: {
      fits: drawing.width <= FITTING_WIDTH,
      width: drawing.width,
      height: drawing.height,
      viewBox: `0 0 ${drawing.width} ${drawing.height}`,
      nodes,
      groups: drawing.groups,
      edges: drawing.edges,
    },
  }
}

function topOf(graph: AccountGraph, at: CustomerId | null): HierarchyAccount | null {
  return graph.get(at ?? graph.root) ?? graph.get(graph.root) ?? null
}

function accountsBelow(top: HierarchyAccount, graph: AccountGraph): HierarchyAccount[] {
  const seen = new Map([[top.customerId, top]])
  for (const account of seen.values()) {
    for (const child of graph.children(account.customerId)) seen.set(child.customerId, child)
  }
  return [...seen.values()]
}

function smallerManagers(accounts: HierarchyAccount[], graph: AccountGraph) {
  return accounts
    .filter(account => account.manager === true)
    .map(account => ({ account, size: graph.size(account.customerId).accounts + 1 }))
    .filter(({ size }) => size > 1 && size <= PICTURE_LIMIT)
    .sort((a, b) => b.size - a.size)
    .slice(0, OFFERS)
}
