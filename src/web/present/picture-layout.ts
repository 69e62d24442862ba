import { Graph, layout } from '@dagrejs/dagre'
import type { HierarchyAccount } from '../../accounts/account.ts'
import type { CustomerId } from '../../customer-id.ts'

/** Where everything stands, in pixels from the top left. */
export interface Drawing {
  width: number
  height: number
  nodes: { customerId: CustomerId; x: number; y: number; width: number; height: number }[]
  /** Frames around clients that share their managers; the arrow leads to the frame. */
  groups: { key: string; x: number; y: number; width: number; height: number }[]
  edges: { key: string; path: string }[]
}

const MANAGER = { width: 212, height: 56 }
const CLIENT = { width: 180, height: 46 }
const GAP = 10
const PADDING = 12
const MARGIN = 16
/** From this many on, clients with the same managers stand in one frame instead of side by side. */
const GROUP_FROM = 4

interface Box {
  width: number
  height: number
  clients: HierarchyAccount[]
}

/** Managers above, clients below, arrows downwards. Accounts whose manager is unknown are not part of the drawing. */
export function drawGraph(accounts: HierarchyAccount[], top: CustomerId): Drawing {
  const inside = new Set(accounts.map(account => account.customerId))
  const parentsOf = (account: HierarchyAccount) =>
    account.customerId === top ? [] : account.parents.filter(parent => inside.has(parent)).sort()
  const graph = new Graph()
  graph.setGraph({ rankdir: 'TB', nodesep: 18, ranksep: 56, marginx: MARGIN, marginy: MARGIN })
  graph.setDefaultEdgeLabel(() => ({}))

  const boxes = new Map<string, Box>()
  const families = new Map<string, HierarchyAccount[]>()
  for (const account of accounts) {
    if (account.manager) graph.setNode(account.customerId, { ...MANAGER })
    else {
      const key = parentsOf(account).join('+')
      families.set(key, [...(families.get(key) ?? []), account])
    }
  }
  for (const [key, clients] of families) {
    if (clients.length >= GROUP_FROM && key !== '') {
      const box = boxOf(clients)
      boxes.set(`group-${key}`, box)
      graph.setNode(`group-${key}`, { width: box.width, height: box.height })
      for (const parent of key.split('+')) graph.setEdge(parent, `group-${key}`)
    } else {
      for (const client of clients) {
        graph.setNode(client.customerId, { ...CLIENT })
        for (const parent of parentsOf(client)) graph.setEdge(parent, client.customerId)
      }
    }
  }
  for (const manager of accounts.filter(account => account.manager)) {
    for (const parent of parentsOf(manager)) graph.setEdge(parent, manager.customerId)
  }
  layout(graph)
  return readLayout(graph, boxes)
}

interface Point {
  x: number
  y: number
}

interface Place extends Point {
  width: number
  height: number
}

/** One row of the drawing; dagre centres its nodes on `centre`, here they hang from `top`. */
interface Rank {
  centre: number
  top: number
  bottom: number
}

function readLayout(graph: Graph, boxes: Map<string, Box>): Drawing {
  const drawing: Drawing = { width: 0, height: 0, nodes: [], groups: [], edges: [] }
  const centred = new Map((graph.nodes() as string[]).map(id => [id, graph.node(id) as Place]))
  const ranks = ranksOf([...centred.values()])
  const places = new Map<string, Place>()
  for (const [id, { x, y, width, height }] of centred) {
    const top = ranks.find(rank => rank.centre === Math.round(y))?.top ?? y - height / 2
    const place = { x: Math.round(x - width / 2), y: Math.round(top), width, height }
    places.set(id, place)
    drawing.width = Math.max(drawing.width, place.x + width + MARGIN)
    drawing.height = Math.max(drawing.height, place.y + height + MARGIN)
    const box = boxes.get(id)
    if (box === undefined) drawing.nodes.push({ customerId: id, ...place })
    else {
      drawing.groups.push({ key: id, ...place })
      drawing.nodes.push(...clientsIn(box, place))
    }
  }
  for (const edge of graph.edges()) {
    const [from, to] = [places.get(edge.v), places.get(edge.w)]
    if (from === undefined || to === undefined) continue
    const { points } = graph.edge(edge) as { points: Point[] }
    const way = [
      { x: from.x + from.width / 2, y: from.y + from.height },
      ...pastRanks(points, ranks, from.y + from.height, to.y),
      { x: to.x + to.width / 2, y: to.y },
    ]
    drawing.edges.push({ key: `${edge.v}-${edge.w}`, path: curve(way) })
  }
  return drawing
}

function ranksOf(places: Place[]): Rank[] {
  const ranks = new Map<number, Rank>()
  for (const { y, height } of places) {
    const centre = Math.round(y)
    const rank = ranks.get(centre) ?? { centre, top: y, bottom: y }
    rank.top = Math.min(rank.top, y - height / 2)
    rank.bottom = Math.max(rank.bottom, y + height / 2)
    ranks.set(centre, rank)
  }
  return [...ranks.values()]
}

/** Where an arrow passes rows in between, dagre has kept a lane free for it: straight down through that lane. */
function pastRanks(points: Point[], ranks: Rank[], above: number, below: number): Point[] {
  return points.flatMap(({ x, y }) => {
    const rank = ranks.find(({ centre, top, bottom }) => centre === Math.round(y) && top > above && bottom < below)
    return rank
      ? [
          { x, y: rank.top },
          { x, y: rank.bottom },
        ]
      : []
  })
}

function clientsIn(box: Box, place: Place): Drawing['nodes'] {
  const columns = columnsFor(box.clients.length)
  return box.clients.map((client, index) => ({
    customerId: client.customerId,
    x: place.x + PADDING + (index % columns) * (CLIENT.width + GAP),
    y: place.y + PADDING + Math.floor(index / columns) * (CLIENT.height + GAP),
    ...CLIENT,
  }))
}

function boxOf(clients: HierarchyAccount[]): Box {
  const columns = columnsFor(clients.length)
  const rows = Math.ceil(clients.length / columns)
  return {
    width: 2 * PADDING + columns * CLIENT.width + (columns - 1) * GAP,
    height: 2 * PADDING + rows * CLIENT.height + (rows - 1) * GAP,
    clients,
  }
}

function columnsFor(count: number): number {
  if (count <= 6) return 1
  if (count <= 16) return 2
  return Math.min(5, Math.ceil(Math.sqrt(count / 3)))
}

/** A line that leaves and reaches every point vertically. */
function curve(points: Point[]): string {
  const at = ({ x, y }: Point) => `${x.toFixed(1)},${y.toFixed(1)}`
  return points
    .map((point, index) => {
      const before = points[index - 1]
      if (before === undefined) return `M${at(point)}`
      const middle = (before.y + point.y) / 2
      return `C${at({ x: before.x, y: middle })} ${at({ x: point.x, y: middle })} ${at(point)}`
    })
    .join('')
}
