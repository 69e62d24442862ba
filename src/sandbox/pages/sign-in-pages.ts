import type { Call } from '../http/call.ts'
import type { AuthorizationRequest } from '../oauth/authorization-request.ts'
import { ADWORDS_SCOPE, EMAIL_SCOPE, isSignInScope, PROFILE_SCOPE } from '../oauth/scopes.ts'
import { tickableScopes } from '../oauth/tickable-scopes.ts'
import type { Person } from '../scenario.ts'
import { type Html, html } from './html.ts'
import { page } from './layout.ts'

/** Where the forms of a page post to: the page's own address, with the whole request in it. */
function ownAddress({ host, path, query }: Call): string {
  return `/${host}${path}?${query}`
}

/** The list of people to sign in as. Somebody named in `login_hint` comes first. */
export function chooserPage(
  { project, loginHint }: AuthorizationRequest,
  people: readonly Person[],
  call: Call,
): string {
  const hinted = ({ email, sub, label }: Person) => [email, sub, label].includes(loginHint ?? '')
  const shown = people.filter(({ kind }) => kind === 'person').sort((a, b) => Number(hinted(b)) - Number(hinted(a)))
  return page(
    'Choose an account',
    html`<h1>Choose an account to continue to ${project.appName}</h1>
<form method="post" action="${ownAddress(call)}" id="people">
<ul class="list">${shown.map(personButton)}</ul>
</form>
<p class="soft">Nobody here has a password. Pick who to be.</p>`,
    { narrow: true },
  )
}

function personButton({ label, name, email, note }: Person): Html {
  return html`<li><button class="person" name="person" value="${label}" id="person-${label}">
<strong>${name ?? email}</strong><span>${email}</span>${note !== undefined && html`<span>${note}</span>`}
</button></li>`
}

/** What the application asks for, with a tick box for each scope that may be left out. */
export function consentPage({ project, scopes }: AuthorizationRequest, person: Person, call: Call): string {
  const tickable = tickableScopes(scopes)
  const fixed = scopes.filter(scope => !tickable.includes(scope))
  const told = [...new Set(fixed.map(scope => (isSignInScope(scope) ? SIGN_IN_TEXT[scope] : scopeText(scope))))]
  return page(
    'Grant access',
    html`<h1>${project.appName} wants access to your Google Account</h1>
<p>Signed in as <strong>${person.email}</strong></p>
<form method="post" action="${ownAddress(call)}" id="consent" class="card">
<input type="hidden" name="person" value="${person.label}">
${told.length > 0 && html`<p>${project.appName} will be able to</p><ul>${told.map(text => html`<li>${text}</li>`)}</ul>`}
${tickable.length > 0 && html`<p>Select what else ${project.appName} can access</p>${tickable.map(tickBox)}`}
<div class="actions">
<button class="primary" name="decision" value="allow" id="allow">Continue</button>
<button class="secondary" name="decision" value="cancel" id="cancel">Cancel</button>
</div>
</form>`,
    { narrow: true },
  )
}

function tickBox(scope: string, index: number): Html {
  return html`<div class="tick">
<input type="checkbox" name="scope" value="${scope}" id="scope-${index}" checked>
<label for="scope-${index}">${scopeText(scope)}<br><small>${scope}</small></label>
</div>`
}

const SIGN_IN_TEXT: Record<string, string> = {
  openid: 'Associate you with your personal info on Google',
  [EMAIL_SCOPE]: 'See your primary Google Account email address',
  [PROFILE_SCOPE]: 'See your personal info, including any personal info you’ve made publicly available',
}

function scopeText(scope: string): string {
  return scope === ADWORDS_SCOPE ? 'See, edit, create, and delete your Google Ads accounts and data.' : scope
}

/** The page on which Google keeps the browser when it will not send it back. */
export function googleErrorPage(code: string, detail: string): string {
  return page(
    'Access blocked',
    html`<h1>Access blocked: authorization error</h1>
<div class="card" data-error="${code}">
<p>${detail}</p>
<p>Error: <code>${code}</code></p>
</div>
<p class="soft">Google does not send the browser back from here. Close this page, or start again in the application.</p>`,
    { narrow: true },
  )
}
