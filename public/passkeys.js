// Forms with data-passkey ask the device for a passkey (WebAuthn works in scripts only) and send its answer along.
document.addEventListener('submit', async event => {
  const form = event.target
  if (!form.dataset.passkey) return
  event.preventDefault()
  const button = form.querySelector('button[type="submit"]')
  if (button.disabled) return
  button.disabled = true
  say(form, 'waiting')
  try {
    const options = await challengeFor(form)
    // Where the server gives no challenge, the page it answers the form with says why.
    if (options) answerField(form).value = JSON.stringify(await answer(form.dataset.passkey, options))
    form.submit()
  } catch (error) {
    say(form, reasonOf(error))
    button.disabled = false
    button.focus()
  }
})

// A page that comes back from the browser's memory asks anew.
window.addEventListener('pageshow', () => {
  for (const button of document.querySelectorAll('form[data-passkey] button')) button.disabled = false
})

async function challengeFor({ dataset }) {
  if (!window.PublicKeyCredential) throw new DOMException('', 'NotSupportedError')
  const response = await fetch(dataset.challenge, { method: 'POST' })
  return response.ok ? response.json() : null
}

async function answer(ceremony, options) {
  const publicKey = { ...options, challenge: toBytes(options.challenge) }
  const ids = list => list?.map(each => ({ ...each, id: toBytes(each.id) }))
  if (ceremony === 'create') {
    const user = { ...options.user, id: toBytes(options.user.id) }
    const excludeCredentials = ids(options.excludeCredentials)
    const made = await navigator.credentials.create({ publicKey: { ...publicKey, user, excludeCredentials } })
    const { attestationObject, clientDataJSON } = made.response
    const transports = made.response.getTransports?.() ?? []
    return told(made, { ...inText({ attestationObject, clientDataJSON }), transports })
  }
  const used = await navigator.credentials.get({
    publicKey: { ...publicKey, allowCredentials: ids(options.allowCredentials) },
  })
  const { authenticatorData, clientDataJSON, signature, userHandle } = used.response
  return told(used, inText({ authenticatorData, clientDataJSON, signature, ...(userHandle && { userHandle }) }))
}

function told({ id, type }, response) {
  return { id, rawId: id, type, response, clientExtensionResults: {} }
}

function inText(buffers) {
  return Object.fromEntries(Object.entries(buffers).map(([name, buffer]) => [name, toText(buffer)]))
}

function answerField(form) {
  const found = form.querySelector('input[name="confirm_answer"]')
  if (found) return found
  const field = document.createElement('input')
  field.type = 'hidden'
  field.name = 'confirm_answer'
  form.append(field)
  return field
}

/** Browsers say no more than this, so that no site learns who has which passkey. */
function reasonOf({ name }) {
  // Chromium's words are the same for a time-out, a person who cancelled, and a device without the passkey.
  if (name === 'NotAllowedError' || name === 'AbortError') return 'cancelled'
  if (name === 'TimeoutError') return 'timeout'
  if (name === 'InvalidStateError') return 'exists'
  if (name === 'SecurityError') return 'address'
  if (name === 'NotSupportedError') return 'unsupported'
  return name === 'TypeError' ? 'unreachable' : 'failed'
}

function say(form, what) {
  const place = form.querySelector('[data-passkey-trouble]')
  place.textContent = place.dataset[what]
  place.hidden = false
}

function toBytes(text) {
  const letters = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(letters, letter => letter.charCodeAt(0))
}

function toText(buffer) {
  const letters = Array.from(new Uint8Array(buffer), byte => String.fromCharCode(byte)).join('')
  return btoa(letters).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}
