import type { Control, RecordedRequest } from '../control.ts'
import { faultPresets } from '../fault-presets.ts'
import { securityEventTypes } from '../risc/security-event.ts'
import type { Person, Project } from '../scenario.ts'
import type { World } from '../world.ts'
import { accountTree } from './account-tree.ts'
import { type Html, html } from './html.ts'
import { page } from './layout.ts'

const SHOWN_REQUESTS = 40

/** The page at `/`: what this is, who is in it, what is switched to fail, what was asked lately. */
export function controlPage(control: Control, origin: string): string {
  const { world } = control
  return page(
    world.scenario.name,
    html`<h1>Local Google: ${world.scenario.name}</h1>
<p>${world.scenario.description}</p>
${connectionHelp(world, origin)}
<h2 id="people">People</h2>
${peopleTable(world)}
<h2 id="failures">Failures</h2>
${failures(control)}
<h2 id="security-events">Security events</h2>
${securityEvents(world)}
<h2 id="projects">Cloud projects</h2>
${world.projects.map(projectForm)}
<h2 id="accounts">Accounts</h2>
<pre tabindex="0" aria-label="Account tree">${accountTree(world)}</pre>
<h2 id="requests">Last requests</h2>
${requestTable(control.requests.slice(-SHOWN_REQUESTS).reverse(), control.requests.length)}`,
    { narrow: false },
  )
}

function connectionHelp({ scenario }: World, origin: string): Html {
  const [client] = scenario.clients
  return html`<p>Point the application here with <code>GOOGLE_EMULATOR_HOST=${origin.replace('http://', '')}</code>,
client id <code>${client?.clientId}</code> and client secret <code>${client?.clientSecret}</code>.
Every Google address is a path here: <code>${origin}/oauth2.googleapis.com/token</code>.</p>
<form class="inline" method="post" action="/_sandbox/reset"><button class="secondary">Reset everything</button></form>`
}

function peopleTable(world: World): Html {
  return html`<div class="scroll"><table>
<thead><tr><th scope="col">Label</th><th scope="col">Person</th><th scope="col">Direct accounts</th><th scope="col">Live refresh tokens</th><th scope="col">Do</th></tr></thead>
<tbody>${world.scenario.people.slice(0, 60).map(person => personRow(person, world))}</tbody>
</table></div>`
}

function personRow(person: Person, world: World): Html {
  const { label, name, email, kind } = person
  const button = (action: string, text: string) => html`<form class="inline" method="post" action="/_sandbox/${action}">
<input type="hidden" name="person" value="${label}"><button class="secondary" aria-label="${text} ${label}">${text}</button></form>`
  const keyFile = html`<a href="/_sandbox/service-accounts/${label}.json" download>Key file</a>`
  return html`<tr><th scope="row">${label}</th><td>${name} <span class="soft">${email}</span></td>
<td>${world.graph.directAccess(person).length}</td><td>${world.grants.liveRefreshTokens(label).length}</td>
<td>${kind === 'service_account' ? keyFile : html`${button('revoke-grant', 'Revoke')} ${button('expire-grants', 'Expire')}`}</td></tr>`
}

function failures(control: Control): Html {
  const { people } = control.world.scenario
  return html`<form class="inline" method="post" action="/_sandbox/latency">
<label for="latency">Delay every answer by</label>
<input type="number" id="latency" name="ms" min="0" max="600000" value="${control.latencyMs}"> ms
<button class="secondary">Set delay</button></form>
<form class="inline" method="post" action="/_sandbox/clear-faults"><button class="secondary">Switch all failures off</button></form>
<ul class="list grid">${faultPresets.map(({ name, title }) => presetItem({ name, title, on: control.isOn(name), people }))}</ul>`
}

function presetItem({ name, title, on, people }: { name: string; title: string; on: boolean; people: Person[] }): Html {
  const who = html`<label for="who-${name}" class="soft">for</label><select name="person" id="who-${name}">
<option value="">everybody</option>${people.slice(0, 30).map(({ label }) => html`<option>${label}</option>`)}</select>`
  return html`<li class="card" id="preset-${name}"><strong>${title}</strong> <span class="${on ? 'on' : 'soft'}">${on ? 'on' : 'off'}</span><br>
<form class="inline" method="post" action="/_sandbox/presets">
<input type="hidden" name="name" value="${name}"><input type="hidden" name="on" value="${on ? 'false' : 'true'}">
${!on && who}<button class="secondary" aria-label="Switch ${on ? 'off' : 'on'}: ${title}">Switch ${on ? 'off' : 'on'}</button></form></li>`
}

/** Google's Cross-Account Protection: what Google tells an application about a person's account. */
function securityEvents({ scenario, stream }: World): Html {
  const people = scenario.people.filter(({ kind }) => kind !== 'service_account').slice(0, 30)
  return html`<form class="inline" method="post" action="/_sandbox/security-event">
<label for="event-type">Send</label><select id="event-type" name="type">${Object.keys(securityEventTypes).map(type => html`<option>${type}</option>`)}</select>
<label for="event-person">about</label><select id="event-person" name="person">${people.map(({ label }) => html`<option>${label}</option>`)}</select>
<label for="event-reason">with the reason</label><select id="event-reason" name="reason"><option value="">none</option><option>hijacking</option><option>bulk-account</option></select>
<button class="secondary">Send event</button>
<span class="soft">to ${stream.url ?? 'nobody: no receiver is registered'}</span></form>`
}

function projectForm({
  id,
  appName,
  publishingStatus,
  adsAccessLevel,
  adsApiEnabled,
  peopleApiEnabled,
}: Project): Html {
  return html`<form class="card inline" method="post" action="/_sandbox/project">
<strong>${appName}</strong> <span class="soft">${id}</span><input type="hidden" name="id" value="${id}">
${choice(`${id}-status`, 'publishingStatus', 'Publishing status', { options: ['production', 'testing'], chosen: publishingStatus })}
${choice(`${id}-level`, 'adsAccessLevel', 'Access level', { options: ['test', 'explorer', 'basic', 'standard'], chosen: adsAccessLevel })}
${choice(`${id}-ads`, 'adsApiEnabled', 'Ads API enabled', { options: ['true', 'false'], chosen: String(adsApiEnabled) })}
${choice(`${id}-people`, 'peopleApiEnabled', 'People API enabled', { options: ['true', 'false'], chosen: String(peopleApiEnabled) })}
<button class="secondary">Save project</button></form>`
}

function choice(
  id: string,
  name: string,
  label: string,
  { options, chosen }: { options: string[]; chosen: string },
): Html {
  return html`<label for="${id}">${label}</label><select id="${id}" name="${name}">${options.map(
    option => html`<option${option === chosen && html` selected`}>${option}</option>`,
  )}</select>`
}

function requestTable(requests: RecordedRequest[], total: number): Html {
  if (total === 0) return html`<p class="soft">None yet.</p>`
  return html`<p class="soft">${requests.length} of ${total}, newest first.</p>
<div class="scroll"><table>
<thead><tr><th scope="col">Time (UTC)</th><th scope="col">Status</th><th scope="col">Who</th><th scope="col">Request</th><th scope="col">Through</th><th scope="col">Query</th></tr></thead>
<tbody>${requests.map(requestRow)}</tbody></table></div>`
}

function requestRow({ at, status, person, method, host, path, loginCustomerId, query }: RecordedRequest): Html {
  return html`<tr><td>${new Date(at).toISOString().slice(11, 19)}</td><td class="${status >= 400 ? 'bad' : 'ok'}">${status || 'none'}</td>
<td>${person}</td><td><code>${method} ${host}${path}</code></td><td>${loginCustomerId}</td><td><code>${query}</code></td></tr>`
}
