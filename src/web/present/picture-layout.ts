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
const SIDE_GAP = 18
const ROW_GAP = 56
/** From this many on, clients with the same managers stand in one frame instead of side by side. */
const GROUP_FROM = 4
const COLUMNS_SIDE_BY_SIDE = 6

interface Box {
  columns: number
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
  graph.setGraph({ rankdir: 'TB', nodesep: SIDE_GAP, ranksep: ROW_GAP, marginx: MARGIN, marginy: MARGIN })
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
  const isFramed = (key: string, clients: HierarchyAccount[]) => clients.length >= GROUP_FROM && key !== ''
  const frames = [...families].filter(([key, clients]) => isFramed(key, clients)).length
  for (const [key, clients] of families) {
    if (isFramed(key, clients)) {
      const box = boxOf(clients, columnsFor(clients.length, frames))
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
  inReadingOrder(graph, accounts)
  return readLayout(graph, boxes)
}

/** Dagre may lay rows out from right to left; mirrored, most of them read from left to right again. */
function inReadingOrder(graph: Graph, accounts: HierarchyAccount[]): void {
  const xOf = (account: HierarchyAccount) => (graph.node(account.customerId) as Place | undefined)?.x
  let backwards = 0
  accounts.forEach((account, index) => {
    const next = accounts[index + 1]
    if (next?.level !== account.level || next.manager !== account.manager) return
    const [x, nextX] = [xOf(account), xOf(next)]
    if (x !== undefined && nextX !== undefined) backwards += Math.sign(x - nextX)
  })
  if (backwards <= 0) return
  const { width } = graph.graph() as { width: number }
  for (const id of graph.nodes() as string[]) {
    const node = graph.node(id) as Place
    node.x = width - node.x
  }
  for (const edge of graph.edges()) {
    for (const point of (graph.edge(edge) as { points: Point[] }).points) point.x = width - point.x
  }
}

interface Point {
  x: number
  y: number
}

interface Place extends Point {
  width: number
  height: number
}

/** Which boxes dagre put into one row, by the height of their centres. */
interface Rank {
  centre: number
  ids: string[]
}

function readLayout(graph: Graph, boxes: Map<string, Box>): Drawing {
  const drawing: Drawing = { width: 0, height: 0, nodes: [], groups: [], edges: [] }
  const ranks = ranksOf(graph)
  const places = hang(graph, ranks)
  for (const [id, place] of places) {
    drawing.width = Math.max(drawing.width, place.x + place.width + MARGIN)
    drawing.height = Math.max(drawing.height, place.y + place.height + MARGIN)
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
    const start = { x: from.x + from.width / 2, y: from.y + from.height }
    const end = { x: to.x + to.width / 2, y: to.y }
    drawing.edges.push({
      key: `${edge.v}-${edge.w}`,
      path: curve([start, ...pastRanks(points, ranks, places, [start.y, end.y]), end]),
    })
  }
  return drawing
}

function ranksOf(graph: Graph): Rank[] {
  const ranks = new Map<number, Rank>()
  for (const id of graph.nodes() as string[]) {
    const centre = Math.round((graph.node(id) as Place).y)
    const rank = ranks.get(centre) ?? { centre, ids: [] }
    rank.ids.push(id)
    ranks.set(centre, rank)
  }
  return [...ranks.values()].sort((a, b) => a.centre - b.centre)
}

/**
 * Dagre centres each row on its tallest box. Here every box hangs right below its managers, or below whatever of an
 * earlier row stands in its way.
 */
function hang(graph: Graph, ranks: Rank[]): Map<string, Place> {
  const places = new Map<string, Place>()
  for (const { ids } of ranks) {
    const row = ids.map((id): [string, Place] => {
      const node = graph.node(id) as Place
      const x = Math.round(node.x - node.width / 2)
      const managers = new Set((graph.predecessors(id) as string[] | undefined) ?? [])
      let y = MARGIN
      for (const [other, place] of places) {
        const inTheWay = place.x < x + node.width + SIDE_GAP && x < place.x + place.width + SIDE_GAP
        if (managers.has(other) || inTheWay) y = Math.max(y, place.y + place.height + ROW_GAP)
      }
      return [id, { x, y, width: node.width, height: node.height }]
    })
    for (const [id, place] of row) places.set(id, place)
  }
  return places
}

/** Where an arrow passes rows in between, dagre has kept a lane free for it: straight down through that lane. */
function pastRanks(
  points: Point[],
  ranks: Rank[],
  places: Map<string, Place>,
  [above, below]: [number, number],
): Point[] {
  return points.flatMap(({ x, y }) => {
    const row = ranks.find(({ centre }) => centre === Math.round(y))?.ids.flatMap(id => places.get(id) ?? []) ?? []
    const top = Math.min(...row.map(place => place.y))
    const bottom = Math.min(Math.max(...row.map(place => place.y + place.height)), below - ROW_GAP / 2)
    return top > above && top < bottom
      ? [
          { x, y: top },
          { x, y: bottom },
        ]
      : []
  })
}

function clientsIn(box: Box, place: Place): Drawing['nodes'] {
  return box.clients.map((client, index) => ({
    customerId: client.customerId,
    x: place.x + PADDING + (index % box.columns) * (CLIENT.width + GAP),
    y: place.y + PADDING + Math.floor(index / box.columns) * (CLIENT.height + GAP),
    ...CLIENT,
  }))
}

function boxOf(clients: HierarchyAccount[], columns: number): Box {
  const rows = Math.ceil(clients.length / columns)
  return {
    columns,
    width: 2 * PADDING + columns * CLIENT.width + (columns - 1) * GAP,
    height: 2 * PADDING + rows * CLIENT.height + (rows - 1) * GAP,
    clients,
  }
}

/** The more frames stand side by side, the narrower each is, so that the whole rather grows downwards. */
function columnsFor(count: number, frames: number): number {
  const fitting = Math.max(1, Math.floor(COLUMNS_SIDE_BY_SIDE / frames))
  return Math.min(fitting, Math.max(1, Math.ceil(Math.sqrt(count / 3))))
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
