// Sends the file of a form and shows the progress. If the form has `data-check`, also checks the
// beginning of a file as soon as it is chosen. Without scripts the form works too, by loading whole
// pages.

/** How many bytes of a file are checked. */
const PART_BYTES = 256 * 1024

const form = document.getElementById('upload-form')
const file = form.elements.namedItem('file')
const at = (id) => document.getElementById(id)
const isLookedAt = 'check' in form.dataset
const detected = at('detected')
const problem = at('upload-problem')

const words = Object.fromEntries(
  [...at('words').content.children].map((word) => [word.dataset.word, word.textContent]),
)
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (hole, name) => values[name] ?? hole)

/** Shows a text. Screen readers announce it. */
const sayAt = (place) => (text) => {
  if (place.textContent !== text) place.textContent = text
}
const say = sayAt(at('upload-status'))
const sayOfFile = isLookedAt ? sayAt(at('look-status')) : () => undefined

const wordsOf = (name) => ({
  heading: words[name],
  detail: words[`${name}Detail`],
  hint: words[`${name}Hint`],
})

const paragraph = (text, lead) => {
  const element = document.createElement('p')
  if (lead) {
    const strong = document.createElement('strong')
    strong.textContent = lead
    element.append(strong, ' ')
  }
  element.append(text)
  return element
}

const tell = ({ heading, detail, hint }) => {
  const told = [detail && paragraph(detail), hint && paragraph(hint, `${words.next}:`)]
  problem.replaceChildren(...[paragraph('', heading), ...told].filter(Boolean))
  problem.hidden = false
  problem.focus()
}
const clearProblem = () => {
  problem.hidden = true
  problem.replaceChildren()
}

/**
 * The body of the form. The file comes last, because the gateway must know the fields before it
 * reads the file.
 */
const bodyOf = (part) => {
  const body = new FormData()
  for (const [name, value] of new FormData(form)) {
    if (name !== 'file') body.append(name, value)
  }
  const chosen = file.files[0]
  if (part && chosen.size > PART_BYTES) {
    body.append('part', 'yes')
    body.append('file', new File([chosen.slice(0, PART_BYTES)], chosen.name, { type: chosen.type }))
  } else body.append('file', chosen)
  return body
}

// Changed choices mean a different upload, which needs another key. Unchanged choices keep the key,
// so that no upload is accepted twice.
const key = form.elements.namedItem('key')
const firstKey = key.value
let changes = 0
form.addEventListener('change', () => {
  changes += 1
  key.value = `${firstKey}-${changes}`
})

let looking = null

/** Throws if the answer is not one of the gateway. */
const showChecked = ({ ok, headers }, text) => {
  if (headers.get('content-type')?.startsWith('application/json')) {
    const told = JSON.parse(text)
    if (!told.heading) throw new Error('not an answer of the gateway')
    sayOfFile('')
    return tell(told)
  }
  const shown = new DOMParser().parseFromString(text, 'text/html')
  // Only a whole page has a title. It comes from a proxy in front of the gateway.
  if (shown.title !== '') throw new Error('not an answer of the gateway')
  detected.replaceChildren(...shown.body.childNodes)
  sayOfFile(ok ? words.checked : '')
}

const look = async () => {
  if (file.files.length === 0 || form.elements.namedItem('list').value === '') return
  looking?.abort()
  const mine = (looking = new AbortController())
  // Choices that were made for another file must not be sent with this one.
  detected.replaceChildren()
  at('detected-before')?.remove()
  clearProblem()
  sayOfFile(words.checking)
  try {
    const answer = await fetch(form.dataset.check, {
      method: 'POST',
      body: bodyOf(true),
      // A problem comes as JSON, because a page cannot be shown inside this page.
      headers: { 'hx-request': 'true', accept: 'application/json' },
      signal: mine.signal,
    })
    if (answer.status === 401) {
      sayOfFile('')
      return tell(wordsOf('signedOut'))
    }
    const text = await answer.text()
    if (!mine.signal.aborted) showChecked(answer, text)
  } catch {
    if (mine.signal.aborted) return
    sayOfFile('')
    tell(wordsOf('unchecked'))
  }
}

const UNITS = ['B', 'kB', 'MB', 'GB']
const shownBytes = (bytes) => {
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000
    unit += 1
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`
}

let sending = null

const setSending = (request) => {
  sending = request
  const busy = request !== null
  at('progress').hidden = !busy
  at('stop').hidden = !busy
  at('send').hidden = busy
  if (isLookedAt) at('check').hidden = busy
  // A choice made now would not be sent, because the body is already built.
  for (const field of form.querySelectorAll('input, select, textarea')) field.disabled = busy
}

const showProgress = ({ loaded, total }) => {
  const percent = total === 0 ? 100 : Math.floor((loaded / total) * 100)
  at('bar').value = percent
  at('sent').textContent = fill(words.sending, {
    sent: shownBytes(loaded),
    all: shownBytes(total),
    percent,
  })
  // Screen readers announce the progress only in steps of 10 %.
  say(loaded === total ? words.storing : `${Math.floor(percent / 10) * 10} %`)
}

const ended = (told) => {
  setSending(null)
  say('')
  tell(told)
}

const EARLIER_ENDS_MS = 5_000
/** These tries take a minute together. After the last, the page says what to do. */
const MOST_TRIES = 12

/**
 * The gateway may still be busy with an attempt that was cancelled or interrupted. The page sends
 * the same body again after a few seconds.
 */
const sendLater = (body, tries) => {
  say(words.earlier)
  const timer = window.setTimeout(() => transmit(body, tries + 1), EARLIER_ENDS_MS)
  sending = {
    abort: () => {
      window.clearTimeout(timer)
      ended(wordsOf('cancelled'))
    },
  }
}

const answered = (request, body, tries) => {
  let answer = null
  try {
    answer = JSON.parse(request.responseText)
  } catch {
    // The answer is not JSON, so it comes from a proxy in front of the gateway.
  }
  if (request.status === 200 && answer?.goTo) {
    say(words.done)
    sending = null
    return location.assign(answer.goTo)
  }
  const waits = answer?.code === 'idempotency-key-in-progress' && tries < MOST_TRIES
  if (waits) return sendLater(body, tries)
  ended(answer?.heading ? answer : wordsOf('broken'))
}

const transmit = (body, tries) => {
  const request = new XMLHttpRequest()
  request.open('POST', form.action)
  request.setRequestHeader('accept', 'application/json')
  request.upload.addEventListener('progress', showProgress)
  request.addEventListener('load', () => answered(request, body, tries))
  request.addEventListener('error', () => ended(wordsOf('broken')))
  request.addEventListener('abort', () => ended(wordsOf('cancelled')))
  setSending(request)
  showProgress({ loaded: 0, total: file.files[0].size })
  at('stop').focus()
  request.send(body)
}

const send = () => {
  looking?.abort()
  clearProblem()
  transmit(bodyOf(false), 1)
}

form.addEventListener('submit', (event) => {
  event.preventDefault()
  if (sending !== null) return
  if (event.submitter?.id === 'check') void look()
  else send()
})
at('stop').addEventListener('click', () => sending?.abort())
addEventListener('beforeunload', (event) => {
  if (sending !== null) event.preventDefault()
})

if (isLookedAt) {
  for (const id of ['file', 'list', 'encoding', 'delimiter', 'header']) {
    at(id).addEventListener('change', () => void look())
  }
  // On a slow connection, the file and the list may have been chosen before this script ran.
  void look()
}

/** Lets people drop a file on an area of the form. */
const takeDrops = (drop) => {
  for (const name of ['dragenter', 'dragover']) {
    drop.addEventListener(name, (event) => {
      event.preventDefault()
      drop.classList.add('over')
    })
  }
  drop.addEventListener('dragleave', () => drop.classList.remove('over'))
  drop.addEventListener('drop', (event) => {
    event.preventDefault()
    drop.classList.remove('over')
    if (event.dataTransfer.files.length === 0 || sending !== null) return
    file.files = event.dataTransfer.files
    file.dispatchEvent(new Event('change', { bubbles: true }))
  })
}
const place = form.querySelector('.drop')
if (place !== null) takeDrops(place)
