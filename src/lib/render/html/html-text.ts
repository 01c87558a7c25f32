import { plain } from '../../base/format.ts'

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text from outside as text or a quoted attribute's value of HTML. */
export function escapeHtml(text: string): string {
  const legal = plain(text).toWellFormed()
  return legal.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character)
}

/** What could end a script, and what could steer who looks at its source. */
// oxlint-disable-next-line no-control-regex -- control characters are what is escaped
const unsafe = /[<\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

/** Data for a `<script type="application/json">`. */
export function jsonForScript(data: unknown): string {
  const escape = (character: string) => String.raw`\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  return JSON.stringify(data).replaceAll(unsafe, escape)
}
