import type { View } from '../frame/page.ts'

/**
 * The page that shows a secret once. It is the answer to a form and has no address, so nobody
 * can open the page again.
 */
export const onceView = (once: {
  title: string
  label: string
  value: string
  hint: string
  crumb: { href: string; label: string }
  onward: { href: string; label: string }
}): View => ({ title: once.title, template: '/access/once', model: { once } })
