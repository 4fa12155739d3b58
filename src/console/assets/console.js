// What pages gain by script; without it they work all the same.

const format = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

/** Shows times in the reader's zone; UTC stays in the title. */
const localise = () => {
  for (const element of document.querySelectorAll('time[datetime]')) {
    const at = new Date(element.dateTime)
    if (Number.isNaN(at.getTime())) continue
    const text = format.format(at)
    if (element.textContent !== text) element.textContent = text
  }
}

/**
 * A form is sent once, however often its button is pressed; one that answers with a file leaves its
 * page where it is and can be sent again.
 */
const sendOnce = (event) => {
  const form = event.target
  if (event.defaultPrevented || form.method === 'get' || 'download' in form.dataset) return
  if (form.dataset.sent === 'yes') event.preventDefault()
  form.dataset.sent = 'yes'
  for (const button of form.querySelectorAll('button')) button.setAttribute('aria-disabled', 'true')
}

/** A page that comes back by the back button may be sent from again. */
const openAgain = () => {
  for (const form of document.forms) {
    delete form.dataset.sent
    for (const button of form.querySelectorAll('button')) button.removeAttribute('aria-disabled')
  }
}

localise()
// Parts that refresh themselves bring their times in UTC.
new MutationObserver(localise).observe(document.body, {
  childList: true,
  subtree: true,
  characterData: true,
})
document.addEventListener('submit', sendOnce)
addEventListener('pageshow', openAgain)
