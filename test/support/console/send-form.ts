import type { Page } from 'playwright-core'

/** Sends a form as a page of the console would, with the token of the open page. */
export const sendForm = async (
  page: Page,
  path: string,
  fields: Record<string, string>,
): Promise<void> => {
  const token = await page.locator('input[name="_csrf"]').first().inputValue()
  const all = JSON.stringify({ ...fields, _csrf: token })
  await Promise.all([
    page.waitForURL((url) => url.pathname === `/console${path}`),
    page.evaluate(`{
      const form = document.createElement('form')
      form.method = 'post'
      form.action = '/console${path}'
      for (const [name, value] of Object.entries(${all})) {
        const field = document.createElement('textarea')
        field.name = name
        field.value = value
        form.append(field)
      }
      document.body.append(form)
      form.submit()
    }`),
  ])
}
