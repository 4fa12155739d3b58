// Makes pages easier to use. The pages also work without scripts.

const format = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

/** Shows times in the reader's time zone. The titles of the elements keep the time in UTC. */
const localise = () => {
  for (const element of document.querySelectorAll('time[datetime]')) {
    const at = new Date(element.dateTime)
    if (Number.isNaN(at.getTime())) continue
    const text = format.format(at)
    if (element.textContent !== text) element.textContent = text
  }
}

/**
 * Sends a form only once, however often its button is pressed. Forms whose answer is a file are
 * exempt: their page stays open, so people can send them again.
 */
const sendOnce = (event) => {
  const form = event.target
  if (event.defaultPrevented || form.method === 'get' || 'download' in form.dataset) return
  if (form.dataset.sent === 'yes') event.preventDefault()
  form.dataset.sent = 'yes'
  for (const button of form.querySelectorAll('button')) button.setAttribute('aria-disabled', 'true')
}

/** Makes the forms usable again when the back button returns to the page. */
const openAgain = () => {
  for (const form of document.forms) {
    delete form.dataset.sent
    for (const button of form.querySelectorAll('button')) button.removeAttribute('aria-disabled')
  }
}

const TELL_EVERY_MS = 5 * 60_000
/**
 * When the server was last told that the user is there, in milliseconds since the page was opened
 * (the clock of `timeStamp`).
 */
let toldAtMs = 0
/** Reports that the user is active. A user who fills in a long form opens no page meanwhile. */
const stillHere = ({ timeStamp }) => {
  if (timeStamp - toldAtMs < TELL_EVERY_MS) return
  toldAtMs = timeStamp
  fetch('/console/here', { headers: { 'hx-request': 'true' } }).catch(() => undefined)
}

const TRY_AGAIN_MS = 10_000
const stale = document.getElementById('stale')
/**
 * The request for a part of the page got no answer, or an answer with an error. A notice says so,
 * and the part is requested again.
 */
const notRefreshed = ({ target, detail }) => {
  // If the session has ended, the answer itself reloads the page.
  if (detail.ctx?.response?.status === 401) return
  const text = document.createElement('p')
  text.className = 'notice warn'
  text.textContent = stale.dataset.text
  stale.replaceChildren(text)
  window.setTimeout(() => target.dispatchEvent(new Event('again')), TRY_AGAIN_MS)
}
const refreshed = ({ detail }) => {
  if (detail.ctx.response.status < 400) stale.replaceChildren()
}

localise()
// Parts that are reloaded contain their times in UTC.
new MutationObserver(localise).observe(document.body, {
  childList: true,
  subtree: true,
  characterData: true,
})
document.addEventListener('submit', sendOnce)
if (document.body.classList.contains('signed-in')) document.addEventListener('input', stillHere)
addEventListener('pageshow', openAgain)
document.addEventListener('htmx:error', notRefreshed)
document.addEventListener('htmx:response:error', notRefreshed)
document.addEventListener('htmx:after:request', refreshed)
