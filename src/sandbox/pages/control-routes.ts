import type { Control } from '../control.ts'
import type { Call } from '../http/call.ts'
import { htmlReply, jsonReply, type Reply } from '../http/reply.ts'
import { STYLESHEET } from './layout.ts'

/** The sandbox's own pages and its JSON control. */
export function controlReply(call: Call, control: Control): Reply {
  if (call.host === '_sandbox' && call.path === '/sandbox.css') {
    return { status: 200, headers: { 'content-type': 'text/css; charset=utf-8' }, body: STYLESHEET }
  }
  if (call.host === '_sandbox') return jsonReply(404, { error: 'no such control' })
  return htmlReply(200, `<p>${control.world.scenario.name}</p>`)
}
