import type { View } from '../frame/page.ts'

/** A secret on its only page. No other answer has it, so nothing of it may be in an address. */
export const onceView = (once: {
  title: string
  label: string
  value: string
  hint: string
  crumb: { href: string; label: string }
  onward: { href: string; label: string }
}): View => ({ title: once.title, template: '/access/once', model: { once } })
